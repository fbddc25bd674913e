// The steps of removing a stage, over an account that remembers what was done to it.
import { StackStatus } from '@aws-sdk/client-cloudformation'
import { describe, expect, it } from 'vitest'
import { NoFunctionError } from '../../cli/function-call.ts'
import { removeStage } from '../../cli/remove-stage.ts'
import type { RemoveOptions, Stack } from '../../cli/remove-stage.ts'
import { Remedy } from '../../cli/remedy.ts'

const whole: Stack = { status: 'UPDATE_COMPLETE', keyId: 'key-1' }

type Account = {
  stack?: Stack | undefined
  table?: 'none' | 'protected' | 'open'
  left?: number
  hasFunction?: boolean
  /** CloudFormation cannot delete something. */
  staysFailed?: boolean
  /** The step that fails. */
  failing?: 'revoke' | 'removeStack' | 'unprotectTable' | 'deleteTable' | undefined
}

const account = (given: Account = {}) => {
  const state = {
    stack: whole,
    table: 'protected',
    left: 0,
    hasFunction: true,
    staysFailed: false,
    ...given,
  }
  const steps: string[] = []
  const lines: string[] = []
  const step = (name: NonNullable<Account['failing']>) => {
    steps.push(name)
    if (state.failing === name) throw new Remedy(`${name} failed`)
  }
  const parts: Parameters<typeof removeStage>[0] = {
    stack: async () => state.stack,
    table: async () =>
      state.table === 'protected' || state.table === 'open' ? state.table : 'none',
    unprotectTable: async () => {
      step('unprotectTable')
      state.table = 'open'
    },
    deleteTable: async () => {
      if (state.table === 'protected') throw new Remedy('protected')
      step('deleteTable')
      state.table = 'none'
    },
    removeStack: async () => {
      step('removeStack')
      // What CloudFormation may not delete keeps a failed first deploy from going.
      if (state.stack?.keyId === undefined && state.table === 'protected') return
      state.stack = state.staysFailed ? { status: 'DELETE_FAILED', keyId: 'key-1' } : undefined
    },
    revoke: async () => {
      step('revoke')
      if (!state.hasFunction) throw new NoFunctionError('none')
      return state.left
    },
    confirm: async () => void steps.push('confirm'),
    tell: (line) => void lines.push(line),
  }
  const remove = (options: Partial<RemoveOptions> = {}) =>
    removeStage(parts, {
      stage: 'acme',
      region: 'eu-central-1',
      dryRun: false,
      skipRevoke: false,
      force: false,
      ...options,
    })
  return { state, steps, lines, remove }
}

describe('removing a stage', () => {
  it('asks, revokes, removes the stack, and then the table', async () => {
    const { remove, steps, lines, state } = account()

    await remove()

    expect(steps).toEqual(['confirm', 'revoke', 'removeStack', 'unprotectTable', 'deleteTable'])
    expect([state.stack, state.table]).toEqual([undefined, 'none'])
    expect(lines.at(-1)).toBe(
      'Removed acme from eu-central-1. Its key is deleted in 30 days. Until then: ' +
        'aws kms cancel-key-deletion --region eu-central-1 --key-id key-1',
    )
  })

  it('says beforehand what it would do, and does nothing', async () => {
    const { remove, steps, lines } = account()

    await remove({ dryRun: true })

    expect(steps).toEqual([])
    expect(lines).toEqual([
      'Would end all embed sessions of acme and log out its API tokens, and wait for Looker.',
      'Would remove the stack (UPDATE_COMPLETE), whose key key-1 is deleted 30 days later.',
      'Would take off the protection of the table, and delete it.',
    ])
  })

  it('says of one that is not there where it looked', async () => {
    const { remove, steps, lines } = account({ stack: undefined, table: 'none' })

    await remove()

    expect(steps).toEqual([])
    expect(lines).toEqual([
      'Nothing of acme is in eu-central-1. It is removed, or in another region (--region).',
    ])
  })

  it.each(['revoke', 'removeStack', 'unprotectTable', 'deleteTable'] as const)(
    'goes on after a failure of %s when it is run again, and a third run finds nothing',
    async (failing) => {
      const { remove, state, lines } = account({ failing })

      await expect(remove()).rejects.toThrow(`${failing} failed`)
      state.failing = undefined
      await remove()
      await remove()

      expect([state.stack, state.table]).toEqual([undefined, 'none'])
      expect(lines.at(-1)).toMatch(/^Nothing of acme/)
    },
  )

  it('leaves the protection of the table on until the stack is gone', async () => {
    const { remove, state } = account({ failing: 'removeStack' })

    await expect(remove()).rejects.toThrow('removeStack failed')

    expect(state.table).toBe('protected')
  })

  it('stops while Looker has not confirmed everything', async () => {
    const { remove, steps } = account({ left: 3 })

    await expect(remove()).rejects.toThrow(/not confirmed.*--force/)

    expect(steps).toEqual(['confirm', 'revoke'])
  })

  it('goes on all the same if it is forced', async () => {
    const { remove, state, lines } = account({ left: 3 })

    await remove({ force: true })

    expect(state.stack).toBeUndefined()
    expect(lines[0]).toMatch(/not confirmed everything: what is left lives at Looker/)
  })

  it('revokes nothing if that is to be skipped, and says so', async () => {
    const { remove, steps, lines } = account()

    await remove({ skipRevoke: true })

    expect(steps).not.toContain('revoke')
    expect(lines[0]).toMatch(/^Nothing is revoked/)
  })

  it('stops at a stage that is older than the function', async () => {
    const { remove, state } = account({ hasFunction: false })

    await expect(remove()).rejects.toThrow(/--skip-revoke/)

    expect(state.stack).toBe(whole)
  })

  it('goes on where the function went with an earlier run', async () => {
    const { remove, state } = account({
      hasFunction: false,
      stack: { status: 'DELETE_FAILED', keyId: 'key-1' },
    })

    await remove()

    expect([state.stack, state.table]).toEqual([undefined, 'none'])
  })

  it.each(['ROLLBACK_FAILED', 'ROLLBACK_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'])(
    'clears a first deploy that failed (%s): the table is unprotected first',
    async (status) => {
      const { remove, steps, state } = account({ stack: { status, keyId: undefined } })

      await remove()

      expect(steps).toEqual(['confirm', 'unprotectTable', 'removeStack', 'deleteTable'])
      expect([state.stack, state.table]).toEqual([undefined, 'none'])
    },
  )

  it('clears one that had come as far as the key', async () => {
    const stack = { status: 'ROLLBACK_FAILED', keyId: 'key-1' }
    const { remove, steps } = account({ stack, hasFunction: false })

    await remove()

    expect(steps).toEqual(['confirm', 'revoke', 'unprotectTable', 'removeStack', 'deleteTable'])
  })

  it('waits for a stack that is busy', async () => {
    const { remove, steps } = account({ stack: { status: 'UPDATE_IN_PROGRESS', keyId: 'key-1' } })

    await expect(remove()).rejects.toThrow(/busy \(UPDATE_IN_PROGRESS\)/)

    expect(steps).toEqual([])
  })

  it('clears a stack that was never made, which nobody would wait for to the end', async () => {
    const { remove, steps, state, lines } = account({
      stack: { status: 'REVIEW_IN_PROGRESS', keyId: undefined },
      table: 'none',
    })

    await remove()

    expect(steps).toEqual(['confirm', 'removeStack'])
    expect(state.stack).toBeUndefined()
    expect(lines).toEqual([
      expect.stringMatching(/never made .*just now, let that end/),
      'The stack has no key: there is nothing to revoke.',
      'The stack is removed.',
      'Removed acme from eu-central-1.',
    ])
  })

  it('says so when the stack is still there', async () => {
    const { remove, state } = account({ staysFailed: true })

    await expect(remove()).rejects.toThrow(/not removed \(DELETE_FAILED\)/)

    expect(state.table).toBe('protected')
  })
})

const busy = /The stack is busy/
const gone = /^gone$/
const old = /Deploy it once more, or add --skip-revoke/
const halted = /cannot be deployed as it is .*--skip-revoke.*continue-update-rollback/

/** One that is deleted is not told of by its name. */
type Standing = Exclude<StackStatus, 'DELETE_COMPLETE'>
const standing = Object.values(StackStatus).filter(
  (status): status is Standing => status !== 'DELETE_COMPLETE',
)

/** Of each state: what becomes of a stack with its function, and of one without. */
type Outcomes = readonly [withIt: RegExp, without: RegExp]
const states: Readonly<Record<Standing, Outcomes>> = {
  CREATE_COMPLETE: [gone, old],
  CREATE_FAILED: [gone, gone],
  CREATE_IN_PROGRESS: [busy, busy],
  DELETE_FAILED: [gone, gone],
  DELETE_IN_PROGRESS: [busy, busy],
  IMPORT_COMPLETE: [gone, old],
  IMPORT_IN_PROGRESS: [busy, busy],
  IMPORT_ROLLBACK_COMPLETE: [gone, old],
  IMPORT_ROLLBACK_FAILED: [gone, halted],
  IMPORT_ROLLBACK_IN_PROGRESS: [busy, busy],
  REVIEW_IN_PROGRESS: [gone, gone],
  ROLLBACK_COMPLETE: [gone, gone],
  ROLLBACK_FAILED: [gone, gone],
  ROLLBACK_IN_PROGRESS: [busy, busy],
  UPDATE_COMPLETE: [gone, old],
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: [busy, busy],
  UPDATE_FAILED: [gone, old],
  UPDATE_IN_PROGRESS: [busy, busy],
  UPDATE_ROLLBACK_COMPLETE: [gone, old],
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: [busy, busy],
  UPDATE_ROLLBACK_FAILED: [gone, halted],
  UPDATE_ROLLBACK_IN_PROGRESS: [busy, busy],
}

describe('a stack in the state', () => {
  it.each(standing)('%s gets its action, or the advice', async (status) => {
    const keyId = status === 'REVIEW_IN_PROGRESS' ? undefined : 'key-1'
    const outcomes = [true, false].map(async (hasFunction) => {
      const { remove, state } = account({ stack: { status, keyId }, hasFunction })
      const done = () => (state.stack === undefined && state.table === 'none' ? 'gone' : 'there')
      return remove().then(done, String)
    })

    const found = await Promise.all(outcomes)

    expect(found).toEqual(states[status].map((outcome) => expect.stringMatching(outcome)))
  })
})
