import { describe, expect, it, vi } from 'vitest'
import { createDemo, type DemoOptions } from '../../local/demo/demo.ts'

const origin = 'https://localhost:4014'
const places = { origin, broker: 'https://localhost:4015', lookerHost: 'localhost:4013' }
const endNothing = async () => false

const demoWith = () => {
  const looker = {
    expire: vi.fn<() => void>(),
    beAway: vi.fn<(ms: number) => void>(),
    skip: vi.fn<(seconds: number) => void>(),
    seen: () => ({ started: 1, joined: 2 }),
  }
  const endAsAdministrator = vi.fn<DemoOptions['endAsAdministrator']>(async () => true)
  return { demo: createDemo({ ...places, endAsAdministrator, looker }), looker, endAsAdministrator }
}

const ask = (demo: ReturnType<typeof createDemo>, path: string, from = origin) =>
  demo.request(path, { method: 'POST', headers: { origin: from } })

describe('the demo page', () => {
  it('allows no script, style or frame but its own and Looker’s', async () => {
    const answer = await demoWith().demo.request(`${origin}/`)
    const policy = answer.headers.get('content-security-policy') ?? ''
    const text = await answer.text()

    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).toContain("connect-src 'self' https://localhost:4015;")
    expect(policy).toContain('frame-src https://localhost:4013;')
    expect(policy).not.toContain('unsafe')
    expect(text).not.toMatch(/<script>|<style>|style="|(src|href)="https?:/)
  })

  it('has a script with the Embed SDK in it, and a style', async () => {
    const { demo } = demoWith()

    expect(await (await demo.request('/page.js')).text()).toContain('embed_authentication_token')
    expect((await demo.request('/page.css')).headers.get('content-type')).toContain('text/css')
  })

  it.each(['/looker/expire', '/looker/away', '/skip', '/end-as-administrator'])(
    'does nothing for the pages of another origin: %s',
    async (path) => {
      const { demo, looker, endAsAdministrator } = demoWith()

      const answers = [await ask(demo, path, 'https://evil.example'), await ask(demo, path, '')]

      expect(answers.map(({ status }) => status)).toEqual([403, 403])
      expect(looker.expire).not.toHaveBeenCalled()
      expect(looker.beAway).not.toHaveBeenCalled()
      expect(looker.skip).not.toHaveBeenCalled()
      expect(endAsAdministrator).not.toHaveBeenCalled()
    },
  )

  it('moves the simulated Looker for its own page', async () => {
    const { demo, looker } = demoWith()

    await ask(demo, '/looker/expire')
    await ask(demo, '/looker/away')

    expect(looker.expire).toHaveBeenCalledOnce()
    expect(looker.beAway).toHaveBeenCalledWith(20_000)
    expect(await (await demo.request('/looker/seen')).json()).toEqual({ started: 1, joined: 2 })
  })

  it.each([
    ['{"seconds":180}', 204, [[180]]],
    ['{"seconds":0}', 400, []],
    ['{"seconds":2592001}', 400, []],
    ['{"seconds":1.5}', 400, []],
    ['nonsense', 400, []],
  ])('skips whole seconds, up to 30 days: %s', async (body, status, skipped) => {
    const { demo, looker } = demoWith()

    const answer = await demo.request('/skip', { method: 'POST', headers: { origin }, body })

    expect(answer.status).toBe(status)
    expect(looker.skip.mock.calls).toEqual(skipped)
  })

  it('says whether an administrator ended the session', async () => {
    const { demo, endAsAdministrator } = demoWith()

    const done = await ask(demo, '/end-as-administrator')
    endAsAdministrator.mockResolvedValueOnce(false)
    const failed = await ask(demo, '/end-as-administrator')

    expect([done.status, failed.status]).toEqual([204, 502])
  })

  it('offers nothing of the kind with a real Looker', async () => {
    const demo = createDemo({ ...places, endAsAdministrator: endNothing })

    const answers = [await ask(demo, '/looker/expire'), await ask(demo, '/looker/away')]

    expect(answers.map(({ status }) => status)).toEqual([404, 404])
    expect(await (await demo.request('/')).text()).not.toContain('Looker away')
  })
})
