// The embedding page of the browser tests, in each way in which a page can use the broker. The way is the
// page's path; what happens is written to `window.told`.
import { getEmbedSDK } from '@looker/embed-sdk'
import { createBrokerSession, type Change } from '../../../lib/browser/index.ts'

declare global {
  interface Window {
    /** Events of all frames, oldest first. */
    told: string[]
    /** Connects one more frame. */
    connect: () => Promise<void>
    /** Signs out of Looker. The form `helper` alone. */
    end: () => Promise<void>
    /** The form `helper` alone. */
    extend: () => Promise<unknown>
  }
}

const looker = 'looker.vendor.test'
const broker = 'https://broker.api.test'
const acquireUrl = `${broker}/acquire-embed-session`
const generateUrl = `${broker}/generate-embed-tokens`

const tell = (what: string) => {
  window.told.push(what)
}

const signInToken = async (): Promise<string> => (await fetch('/token')).text()

const authorization = async () => ({ authorization: `Bearer ${await signInToken()}` })

/** Of a problem document; the gateway's own refusals have none. */
const codeIn = ({ type }: { readonly type?: string }) => type?.split(':').at(-1) ?? 'without a code'

const call = async (url: string, init: RequestInit) => {
  const reply = await fetch(url, { ...init, headers: await authorization() })
  const answer = await reply.json()
  if (!reply.ok) throw new Error(`The broker answered ${reply.status} ${codeIn(answer)}`)
  return answer
}

const sdk = getEmbedSDK()

const forms: Readonly<Record<string, () => Promise<void>>> = {
  object: async () => {
    const headers = await authorization()
    sdk.initCookieless(
      looker,
      { url: acquireUrl, headers },
      { url: generateUrl, method: 'PUT', headers },
    )
  },
  callback: async () =>
    sdk.initCookieless(
      looker,
      () => call(acquireUrl, { method: 'POST' }),
      ({ api_token, navigation_token }) =>
        call(generateUrl, { method: 'PUT', body: JSON.stringify({ api_token, navigation_token }) }),
    ),
  // Page and broker on one origin, the broker behind a path of it.
  string: async () =>
    sdk.initCookieless(looker, '/looker/acquire-embed-session', '/looker/generate-embed-tokens'),
}

const frame = () =>
  sdk
    .createDashboardWithId('42')
    .appendTo('#frames')
    .on('page:changed', () => tell('page:changed'))
    .on('session:tokens:request', () => tell('session:tokens:request'))
    .on('session:status', ({ expired, interrupted }) =>
      tell(`session:status ${expired ? 'expired' : interrupted ? 'interrupted' : 'live'}`),
    )
    .on('session:expired', () => tell('session:expired'))

window.told = []

const about = (change: Change) => {
  if (change.state === 'warning') return change.warns
  return change.state === 'ended' ? change.reason : ''
}

const stay = new URLSearchParams(location.search).get('stay')

const helper = createBrokerSession({
  url: broker,
  getToken: signInToken,
  ...(stay === null ? {} : { staySignedIn: stay === 'true' }),
  onChange: (change) => tell(`${change.state} ${about(change) ?? ''}`.trim()),
})
window.end = helper.end
window.extend = helper.extend

const connectByHelper = async () => {
  let mounted: Element | null = null
  await helper.connect({
    sdk,
    lookerHost: looker,
    mount: (_, watch) => {
      mounted?.remove()
      mounted = document.createElement('div')
      document.querySelector('#frames')?.append(mounted)
      mounted.id = `frame-${document.querySelectorAll('#frames > div').length}`
      return watch(frame()).appendTo(`#${mounted.id}`).build().connect()
    },
  })
  tell('connected')
}

let isReady: Promise<void> | undefined
window.connect = async () => {
  if (location.pathname === '/helper') return connectByHelper()
  await (isReady ??= forms[location.pathname.slice(1)]?.())
  await frame().build().connect()
  tell('connected')
}
