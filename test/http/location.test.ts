import { describe, expect, it } from 'vitest'
import { locationOf } from '../../lib/http/location.ts'

const headers = {
  'x-forwarded-for': '203.0.113.66',
  'cloudfront-viewer-address': '198.51.100.7:46532',
  'cloudfront-viewer-city': 'M%C3%BCnchen',
  'cloudfront-viewer-country': 'DE',
}
const address = '192.0.2.1'

describe('the location of a request', () => {
  it('is nothing where the tenant records none', () => {
    expect(locationOf({ headers, address }, undefined)).toBeUndefined()
  })

  it("is the gateway's word alone where no edge is named", () => {
    expect(locationOf({ headers, address }, { edge: null })).toEqual({ address })
  })

  it("is CloudFront's word behind CloudFront", () => {
    const edge = 'cloudfront'

    expect(locationOf({ headers, address }, { edge })).toEqual({
      address: '198.51.100.7',
      place: 'München, DE',
    })
    expect(locationOf({ headers: {}, address }, { edge })).toEqual({ address })
  })

  it.each([
    ['2001:db8::7:443', '2001:db8::7'],
    ['[2001:db8::7]:443', '2001:db8::7'],
  ])('takes the port from %s', (text, expected) => {
    const given = { headers: { 'cloudfront-viewer-address': text }, address }

    expect(locationOf(given, { edge: 'cloudfront' })).toEqual({ address: expected })
  })

  it.each(['', ' ', 'a\nb', '%0a', 'x'.repeat(101)])('passes over the city %j', (city) => {
    const given = { headers: { 'cloudfront-viewer-city': city }, address: undefined }

    expect(locationOf(given, { edge: 'cloudfront' })).toEqual({})
  })

  it('keeps a city with a stray percent sign as it is', () => {
    const given = { headers: { 'cloudfront-viewer-city': '100%' }, address: undefined }

    expect(locationOf(given, { edge: 'cloudfront' })).toEqual({ place: '100%' })
  })
})
