import { expect, it } from 'vitest'
import * as v from 'valibot'
import { BrokerError } from '../../lib/errors.ts'
import { parseFields } from '../../lib/http/body.ts'

it('says of a field that is not there that it is missing', () => {
  const schema = v.objectWithRest({ action: v.picklist(['state', 'end'], 'write it') }, v.never())
  const fieldsOf = (payload: object) => {
    try {
      parseFields(schema, payload)
    } catch (error) {
      if (error instanceof BrokerError) return error.fields
    }
    return undefined
  }

  expect(fieldsOf({})).toEqual([{ pointer: '/action', detail: 'is missing' }])
  expect(fieldsOf({ action: 'x' })).toEqual([{ pointer: '/action', detail: 'write it' }])
  expect(fieldsOf({ action: 'end' })).toBeUndefined()
})
