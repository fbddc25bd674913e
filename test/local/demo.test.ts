import { describe, expect, it, vi } from 'vitest'
import { createDemo } from '../../local/demo/demo.ts'

const origin = 'https://localhost:4014'
const places = { origin, broker: 'https://localhost:4015', lookerHost: 'localhost:4013' }

const demoWith = () => {
  const looker = {
    expire: vi.fn<() => void>(),
    interrupt: vi.fn<(ms: number) => void>(),
    seen: () => ({ started: 1, joined: 2 }),
  }
  return { demo: createDemo({ ...places, looker }), looker }
}

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

  it('moves the simulated Looker for its own page alone', async () => {
    const { demo, looker } = demoWith()
    const ask = (path: string, from: string) =>
      demo.request(path, { method: 'POST', headers: { origin: from } })

    const foreign = [
      await ask('/looker/expire', 'https://evil.example'),
      await ask('/looker/interrupt', 'https://evil.example'),
    ]
    expect(foreign.map(({ status }) => status)).toEqual([403, 403])
    expect(looker.expire).not.toHaveBeenCalled()
    expect(looker.interrupt).not.toHaveBeenCalled()

    await ask('/looker/expire', origin)
    await ask('/looker/interrupt', origin)
    expect(looker.expire).toHaveBeenCalledOnce()
    expect(looker.interrupt).toHaveBeenCalledWith(20_000)
  })

  it('offers nothing of the kind with a real Looker', async () => {
    const demo = createDemo(places)

    const expire = await demo.request('/looker/expire', { method: 'POST', headers: { origin } })

    expect(expire.status).toBe(404)
    expect(await (await demo.request('/')).text()).not.toContain('Looker away')
  })
})
