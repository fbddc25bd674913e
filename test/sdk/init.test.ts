// Sessions from variables and `looker.ini`: what is read, and what is shared.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { init as systemInit } from '../../lib/sdk/init.ts'
import { aClient, aFunction, aLooker, aTable, iniText, prepared } from './init-parts.ts'

describe('the settings of Looker', () => {
  it('are taken from the variables', () => {
    const { init } = prepared({ env: { ...aLooker, ...aFunction, LOOKERSDK_TIMEOUT: '66' } })

    const { settings } = init()

    expect(settings).toMatchObject({ base_url: 'https://env.looker.example', timeout: 66 })
  })

  it('have the defaults of the SDK where nothing is written', () => {
    const { init } = prepared()

    expect(init().settings).toMatchObject({ timeout: 120, verify_ssl: true })
  })

  it.each([
    ['the first section', undefined, 'https://first.looker.example:19999', 31],
    ['the first section by its name', 'Looker', 'https://first.looker.example:19999', 31],
    ['another section by its name', 'Second', 'https://second.looker.example', 30],
  ])('are taken from looker.ini: %s', (_, section, baseUrl, timeout) => {
    const { init } = prepared({ env: { ...aFunction }, files: { 'looker.ini': iniText } })

    const { settings } = init({ section })

    expect(settings).toMatchObject({ base_url: baseUrl, timeout })
  })

  it('are taken from the file that is named, and from no other', () => {
    const files = { 'looker.ini': iniText, 'other.ini': '[A]\nbase_url=https://other.example' }
    const { init } = prepared({ env: { ...aFunction }, files })

    expect(init({ file: 'other.ini' }).settings.base_url).toBe('https://other.example')
  })

  it('are taken from the variables first, one by one', () => {
    const env = { ...aFunction, LOOKERSDK_TIMEOUT: '66' }
    const { init } = prepared({ env, files: { 'looker.ini': iniText } })

    expect(init().settings).toMatchObject({
      base_url: 'https://first.looker.example:19999',
      timeout: 66,
    })
  })

  it('are not overridden by a variable that is empty', () => {
    const env = { ...aFunction, LOOKERSDK_BASE_URL: '', LOOKERSDK_TIMEOUT: '""' }
    const { init } = prepared({ env, files: { 'looker.ini': iniText } })

    expect(init().settings).toMatchObject({
      base_url: 'https://first.looker.example:19999',
      timeout: 31,
    })
  })

  it.each(['"', "'", '`'])('may stand between %s', (quote) => {
    const quoted = (text: string): string => `${quote}${text}${quote}`
    const env = {
      ...aFunction,
      LOOKERSDK_BASE_URL: quoted('https://env.looker.example'),
      LOOKERSDK_TIMEOUT: quoted('30'),
      LOOKERSDK_VERIFY_SSL: quoted('true'),
    }
    const { init } = prepared({ env })

    expect(init().settings).toMatchObject({ base_url: 'https://env.looker.example', timeout: 30 })
  })

  it.each(['"', "'", '`'])('may stand between %s in the file', (quote) => {
    const text = `[Looker]\nbase_url=${quote}https://file.looker.example${quote}`
    const { init } = prepared({ env: { ...aFunction }, files: { 'looker.ini': text } })

    expect(init().settings.base_url).toBe('https://file.looker.example')
  })

  it.each(['stray=word', 'stray[]=word'])('are found after %s before the first section', (line) => {
    const text = `${line}\n${iniText}`
    const { init } = prepared({ env: { ...aFunction }, files: { 'looker.ini': text } })

    expect(init().settings.base_url).toBe('https://first.looker.example:19999')
  })

  it('have another prefix where one is named', () => {
    const env = { ...aLooker, ...aFunction, OTHER_BASE_URL: 'https://prefixed.example' }
    const { init } = prepared({ env })

    expect(init({ prefix: 'OTHER' }).settings.base_url).toBe('https://prefixed.example')
    expect(init().settings.base_url).toBe('https://env.looker.example')
  })

  it.each(['', '[other]\ncolour=blue', 'no sections at all'])(
    'are complete without a file for other things: %j',
    (text) => {
      const { init } = prepared({ files: { 'looker.ini': text } })

      expect(init().settings.base_url).toBe('https://env.looker.example')
    },
  )

  it.each(['true', 'True', 't', 'yes', 'Y', '1', ''])('may verify TLS in the word %j', (word) => {
    const env = { ...aLooker, ...aFunction, LOOKERSDK_VERIFY_SSL: word }

    expect(prepared({ env }).init().settings.verify_ssl).toBe(true)
  })

  it.each(['true', 'yes', '"true"', ''])('may verify TLS in the file: %j', (word) => {
    const text = `[Looker]\nverify_ssl=${word}`

    expect(prepared({ files: { 'looker.ini': text } }).init().settings.verify_ssl).toBe(true)
  })
})

describe('the source of tokens', () => {
  it('is the function that is named, for the user and workspace that are asked for', async () => {
    const { init, functions, tables } = prepared()

    const session = init({ userId: '7', workspace: 'dev' })
    const token = await session.getToken()

    expect(functions).toEqual([{ functionName: 'broker-function', region: undefined }])
    expect(tables).toEqual([])
    expect(token.access_token).toBe('token-of-7-dev-1')
  })

  it('is the function of another region where one is named', () => {
    const env = { ...aLooker, ...aFunction, LOOKER_BROKER_REGION: 'eu-west-1' }
    const { init, functions } = prepared({ env })

    init()

    expect(functions).toEqual([{ functionName: 'broker-function', region: 'eu-west-1' }])
  })

  it('is the function without the client secret that is there as well', () => {
    const { init, functions, tables } = prepared({
      env: { ...aLooker, ...aClient, ...aFunction },
    })

    init()

    expect(JSON.stringify(functions)).not.toMatch(/env-id|hidden-word/)
    expect(tables).toEqual([])
  })

  it('is the table with the client of the variables', () => {
    const env = { ...aLooker, ...aClient, ...aTable, LOOKER_BROKER_REGION: 'eu-west-1' }
    const { init, functions, tables } = prepared({ env })

    init()

    const looker = {
      baseUrl: 'https://env.looker.example',
      clientId: 'env-id',
      clientSecret: 'env-hidden-word',
    }
    expect(tables).toEqual([
      {
        stage: 'acme',
        tableName: 'broker-table',
        keyId: 'alias/broker',
        region: 'eu-west-1',
        looker,
      },
    ])
    expect(functions).toEqual([])
  })

  it('is the table with the client of the file, in quotes of either kind', () => {
    const { init, tables } = prepared({ env: { ...aTable }, files: { 'looker.ini': iniText } })

    init()

    expect(tables[0]?.looker).toEqual({
      baseUrl: 'https://first.looker.example:19999',
      clientId: 'first-id',
      clientSecret: 'first-hidden-word',
    })
  })

  it('is the table without a client secret, which is stored there', () => {
    const env = { ...aLooker, ...aTable, LOOKERSDK_CLIENT_ID: 'env-id' }
    const { init, tables } = prepared({ env })

    init()

    expect(tables[0]?.looker.clientSecret).toBeUndefined()
  })
})

describe('sessions of the same settings', () => {
  it('share one source, and are not each other', async () => {
    const { init, functions } = prepared()

    const [one, other] = [init({ userId: '7' }), init()]
    await one.login('8')

    expect(functions).toHaveLength(1)
    expect(other.userId).toBeUndefined()
    expect(other.isAuthenticated()).toBe(false)
  })

  it('share it with those of another timeout', () => {
    const { init, env, functions } = prepared()

    init()
    env['LOOKERSDK_TIMEOUT'] = '9'
    const { settings } = init()

    expect(functions).toHaveLength(1)
    expect(settings.timeout).toBe(9)
  })

  it('share it with those of another client, which the function has no use for', () => {
    const { init, env, functions } = prepared()

    init()
    env['LOOKERSDK_CLIENT_ID'] = 'other-id'
    env['LOOKERSDK_CLIENT_SECRET'] = 'other-hidden-word'
    init()

    expect(functions).toHaveLength(1)
  })

  it.each([
    ['LOOKER_BROKER_TABLE', 'other-table'],
    ['LOOKER_BROKER_KEY', 'alias/other'],
    ['LOOKER_BROKER_STAGE', 'other'],
    ['LOOKER_BROKER_REGION', 'eu-west-1'],
    ['LOOKERSDK_BASE_URL', 'https://other.looker.example'],
    ['LOOKERSDK_CLIENT_ID', 'other-id'],
    ['LOOKERSDK_CLIENT_SECRET', 'other-hidden-word'],
  ])('are others with another %s of the table', (name, value) => {
    const { init, env, tables } = prepared({ env: { ...aLooker, ...aClient, ...aTable } })

    init()
    env[name] = value
    init()
    env[name] = value
    init()

    expect(tables).toHaveLength(2)
  })

  it.each([
    ['LOOKER_BROKER_FUNCTION', 'other-function'],
    ['LOOKER_BROKER_REGION', 'eu-west-1'],
  ])('are others with another %s of the function', (name, value) => {
    const { init, env, functions } = prepared()

    init()
    env[name] = value
    init()

    expect(functions).toHaveLength(2)
  })

  it('are remembered for a hundred settings, the least used of which go first', () => {
    const { init, env, functions } = prepared()
    const use = (index: number): void => {
      env['LOOKER_BROKER_FUNCTION'] = `function-${index}`
      init()
    }

    for (let index = 0; index < 100; index += 1) use(index)
    use(0)
    use(100)
    use(0)
    const withinTheLimit = functions.length
    use(1)

    expect(withinTheLimit).toBe(101)
    expect(functions).toHaveLength(102)
  })
})

describe('init', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('reads the variables of this process at every call', () => {
    const { LOOKER_BROKER_FUNCTION } = aFunction
    vi.stubEnv('LOOKERSDK_BASE_URL', 'https://one.looker.example')
    vi.stubEnv('LOOKER_BROKER_FUNCTION', LOOKER_BROKER_FUNCTION)

    const one = systemInit()
    vi.stubEnv('LOOKERSDK_BASE_URL', 'https://two.looker.example')
    const two = systemInit({ userId: '7' })

    expect(one.settings.base_url).toBe('https://one.looker.example')
    expect(two.settings.base_url).toBe('https://two.looker.example')
    expect(two.userId).toBe('7')
  })
})
