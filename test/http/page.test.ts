import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { pageOf } from '../../lib/http/page.ts'
import type { PageRules } from '../../lib/http/page.ts'

const chrome =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
const app = 'https://app.customer.example'
const other = 'https://other.customer.example'
const shared = 'https://shared.customer.example'
const device = 'n4bQgYhMfWWaL-qgxVrQ_A'

const rules: PageRules = { origins: [app, other], domain: null, visitorDomains: undefined }
const withDomain: PageRules = { ...rules, domain: shared }

const page = (headers: Readonly<Record<string, string>>, given: PageRules = rules) =>
  pageOf({ 'user-agent': chrome, origin: app, ...headers }, given)

const withoutOrigin = (headers: Readonly<Record<string, string>>, given: PageRules) =>
  pageOf({ 'user-agent': chrome, ...headers }, given)

const refused = (code: string) => expect.objectContaining({ code })

describe('the user agent', () => {
  it.each([
    chrome,
    'x',
    '!~',
    'a'.repeat(1_024),
    'My Browser (like Amazon CloudFront)',
    'Amazon Silk/1.0',
  ])('%s is passed on as it is', (text) => {
    expect(page({ 'user-agent': text }).userAgent).toBe(text)
  })

  it.each<[string, string]>([
    ['an empty one', ''],
    ['one of 1,025 characters', 'a'.repeat(1_025)],
    ['one of 8 KB', 'a'.repeat(8_192)],
    ['one with a line break', 'Mozilla/5.0\r\nX-Evil: 1'],
    ['one with a line break at its end', 'Mozilla/5.0\n'],
    ['one with a tabulator', 'Mozilla\t5.0'],
    ['one with a zero byte', 'Mozilla\u0000'],
    ['one with a delete character', 'Mozilla\u007f'],
    ['one with umlauts', 'Möbius/1.0'],
    ['one with a picture', 'Browser 🦊'],
    ['one with a blank before it', ' Mozilla'],
    ['one with a blank after it', 'Mozilla '],
    ['blanks', '   '],
    ["CloudFront's own", 'Amazon CloudFront'],
    ["CloudFront's own in other letters", 'amazon cloudfront/1'],
    ["API Gateway's own", 'AmazonAPIGateway_x1y2z3'],
  ])('is not %s', (_, text) => {
    expect(() => page({ 'user-agent': text })).toThrow(refused('user-agent-not-valid'))
  })

  it('is not absent', () => {
    expect(() => pageOf({ origin: app }, rules)).toThrow(
      expect.objectContaining({
        code: 'user-agent-not-valid',
        message: 'The request has no User-Agent.',
      }),
    )
  })
})

describe('the origin', () => {
  it.each([app, other])('may be %s, one of the list', (origin) => {
    expect(page({ origin }).embedDomain).toBe(origin)
  })

  it.each([
    'null',
    '',
    '*',
    'https://app.customer.example/',
    'https://app.customer.example:443',
    'http://app.customer.example',
    'https://APP.customer.example',
    'https://app.customer.example.evil.example',
    'https://evil.app.customer.example',
    `${app},${app}`,
    `${app}, ${other}`,
    ` ${app}`,
    'https://stranger.example',
    shared,
  ])('may not be "%s"', (origin) => {
    expect(() => page({ origin })).toThrow(refused('origin-not-allowed'))
  })

  it('may be that of the shared domain', () => {
    expect(page({ origin: shared }, withDomain).embedDomain).toBe(shared)
  })

  it('may be absent where the browser says that page and broker share it', () => {
    const { embedDomain } = withoutOrigin({ 'sec-fetch-site': 'same-origin' }, withDomain)

    expect(embedDomain).toBe(shared)
  })

  it.each<[string, Readonly<Record<string, string>>, PageRules]>([
    ['no word of the browser', {}, withDomain],
    ['same-site', { 'sec-fetch-site': 'same-site' }, withDomain],
    ['cross-site', { 'sec-fetch-site': 'cross-site' }, withDomain],
    ['none, as of a typed address', { 'sec-fetch-site': 'none' }, withDomain],
    ['two words', { 'sec-fetch-site': 'same-origin,same-origin' }, withDomain],
    ['no shared domain', { 'sec-fetch-site': 'same-origin' }, rules],
  ])('may not be absent with %s', (_, headers, given) => {
    expect(() => withoutOrigin(headers, given)).toThrow(refused('origin-not-allowed'))
  })

  it('that is wrong is not saved by the word of the browser', () => {
    expect(() => page({ origin: 'null', 'sec-fetch-site': 'same-origin' }, withDomain)).toThrow(
      refused('origin-not-allowed'),
    )
  })

  it('must be one of the user', () => {
    const ofUser = { ...withDomain, visitorDomains: [other] }

    expect(page({ origin: other }, ofUser).embedDomain).toBe(other)
    expect(() => page({ origin: app }, ofUser)).toThrow(refused('origin-not-allowed'))
    expect(() => withoutOrigin({ 'sec-fetch-site': 'same-origin' }, ofUser)).toThrow(
      refused('origin-not-allowed'),
    )
    expect(() => page({ origin: app }, { ...rules, visitorDomains: [] })).toThrow(
      refused('origin-not-allowed'),
    )
  })

  it('of the user must be one of the tenant all the same', () => {
    const origin = 'https://stranger.example'

    expect(() => page({ origin }, { ...rules, visitorDomains: [origin] })).toThrow(
      refused('origin-not-allowed'),
    )
  })
})

describe('the device key', () => {
  it('is kept out of what is printed', () => {
    const { deviceKey } = page({ 'x-embed-device': device })

    expect(deviceKey?.reveal()).toBe(device)
    expect(inspect(deviceKey)).not.toContain(device)
  })

  it('may be absent', () => {
    expect(page({}).deviceKey).toBeUndefined()
  })

  it.each([
    '',
    device.slice(1),
    `${device}A`,
    `${device}==`,
    `${device},${device}`,
    `${device}\n`,
    device.replace('-', '+'),
    device.replace('_', '/'),
    device.replace('a', '*'),
    device.replace('a', 'ä'),
  ])('is not "%s"', (text) => {
    expect(() => page({ 'x-embed-device': text })).toThrow(refused('invalid-request'))
  })
})

describe('no complaint', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['the user agent', { 'user-agent': 'Möglich secret-1' }],
    ['the origin', { origin: 'https://secret-1.example' }],
    ['the device key', { 'x-embed-device': 'secret-1' }],
  ])('repeats %s', (_, headers) => {
    const attempt = () => page(headers)

    expect(attempt).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching('secret-1') }),
    )
  })
})
