// The page's script as it is served, in a document that is a handful of elements: from the first message
// to its embedding page until a refused call of its own.
import { createContext, runInContext } from 'node:vm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { browser, embedded, origin, type Embedded } from './calls.ts'

const pageOf = async (looker: Embedded, token: unknown): Promise<string> => {
  const path = `/embed/dashboards/42?embed_domain=${origin}&embed_navigation_token=${String(token)}`
  return (await looker.get(path)).text
}

const scriptIn = (html: string): string => /<script>([^]*)<\/script>/.exec(html)?.[1] ?? ''

const idsIn = (html: string): string[] =>
  [...html.matchAll(/\bid="([\w-]+)"/g)].map(([, id = '']) => id)

let close = () => {}
afterEach(() => close())

const run = (looker: Embedded, html: string) => {
  const elements = new Map(
    idsIn(html).map((id) => [
      id,
      { textContent: '', hidden: true, addEventListener: vi.fn<() => void>() },
    ]),
  )
  const { port1, port2 } = new MessageChannel()
  close = () => port2.close()
  const posted: unknown[] = []
  const frames: unknown[] = []
  port2.addEventListener('message', (event) => frames.push(Object(event).data))
  port2.start()
  const calls = (path: string, { headers }: { headers: Record<string, string> }) =>
    looker.simulator.fetch(`http://looker.test${path}`, {
      headers: { ...headers, 'user-agent': browser },
    })
  runInContext(
    scriptIn(html),
    createContext({
      document: { getElementById: (id: string) => elements.get(id) ?? null },
      location: {
        pathname: '/embed/dashboards/42',
        href: 'http://looker.test/embed/dashboards/42',
      },
      parent: { postMessage: (...message: unknown[]) => posted.push(message) },
      window: {
        MessageChannel: function channel() {
          return { port1, port2: 'port2' }
        },
      },
      fetch: calls,
      setTimeout: () => 0,
      clearTimeout: () => undefined,
    }),
  )
  return {
    posted,
    frames,
    port: port2,
    text: (id: string) => elements.get(id)?.textContent,
    isShown: (id: string) => elements.get(id)?.hidden === false,
  }
}

describe("the script of the simulated Looker's page", () => {
  it('begins with its parent, takes tokens, and tries the api token', async () => {
    const looker = embedded()
    const session = await looker.acquire()
    const html = await pageOf(looker, session['navigation_token'])

    const { posted, frames, port, text } = run(looker, html)
    port.postMessage({ action: 0, data: {} })
    await vi.waitFor(() => expect(frames).toHaveLength(3))
    const data = { eventName: 'session:tokens', payload: [session] }
    port.postMessage({ action: 1, data })

    expect(posted).toEqual([[{ action: 0 }, '*', ['port2']]])
    await vi.waitFor(() => expect(text('state')).toBe('live'))
    await vi.waitFor(() => expect(text('api-call')).toMatch(/^accepted at /))
    expect(text('session-ends')).not.toBe('')
  })

  it('shows that its api token is refused, and that its session expired', async () => {
    const looker = embedded()
    const session = await looker.acquire()
    const html = await pageOf(looker, session['navigation_token'])
    looker.simulator.state.embed.sessions.endAll()

    const { port, text, isShown } = run(looker, html)
    port.postMessage({ action: 0, data: {} })
    port.postMessage({ action: 1, data: { eventName: 'session:tokens', payload: [session] } })
    await vi.waitFor(() => expect(text('api-call')).toMatch(/^refused \(401\) at /))
    expect(isShown('expired')).toBe(false)
    const over = { ...session, session_reference_token_ttl: 0 }
    port.postMessage({ action: 1, data: { eventName: 'session:tokens', payload: [over] } })

    await vi.waitFor(() => expect(text('state')).toMatch(/^expired/))
    expect([isShown('expired'), isShown('interrupted')]).toEqual([true, false])
  })

  it('offers to resume while it has no tokens', async () => {
    const looker = embedded()
    const session = await looker.acquire()
    const { port, text, isShown } = run(looker, await pageOf(looker, session['navigation_token']))
    const give = (tokens: object) =>
      port.postMessage({ action: 1, data: { eventName: 'session:tokens', payload: [tokens] } })

    port.postMessage({ action: 0, data: {} })
    give({})
    await vi.waitFor(() => expect(text('state')).toMatch(/^interrupted/))
    expect([isShown('expired'), isShown('interrupted')]).toEqual([false, true])
    give(session)

    await vi.waitFor(() => expect(text('state')).toBe('live'))
    expect(isShown('interrupted')).toBe(false)
  })
})
