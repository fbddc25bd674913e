// The script of the simulated Looker's page in its document: begins the conversation and shows its state.
import { converse, syn, type Port, type View } from './conversation.ts'

type Element = {
  textContent: string | null
  hidden: boolean
  readonly addEventListener: (type: 'click', listener: () => void) => void
}

declare const document: { readonly getElementById: (id: string) => Element | null }
declare const location: { readonly pathname: string; readonly href: string }
declare const parent: {
  readonly postMessage: (message: unknown, origin: string, ports: readonly Port[]) => void
}
declare const window: {
  readonly MessageChannel: new () => { readonly port1: Port; readonly port2: Port }
}

const write = (id: string, text: string): void => {
  const element = document.getElementById(id)
  if (element !== null) element.textContent = text
}

const states: Record<View['kind'], string> = {
  waiting: 'waiting for the embedding page',
  live: 'live',
  interrupted: 'interrupted: the embedding page gave no tokens',
  expired: 'expired: the embedding page needs a new session',
}

const showIf = (id: string, isShown: boolean): void => {
  const element = document.getElementById(id)
  if (element !== null) element.hidden = !isShown
}

const show = (view: View): void => {
  write('state', states[view.kind])
  showIf('interrupted', view.kind === 'interrupted')
  showIf('expired', view.kind === 'expired')
  if (view.kind !== 'live') return
  write('navigation-ends', timeOf(view.ends.navigationEndsAtMs))
  write('api-ends', timeOf(view.ends.apiEndsAtMs))
  write('session-ends', timeOf(view.ends.sessionEndsAtMs))
  void tryApi(view.tokens.api_token)
}

const timeOf = (atMs: number): string => new Date(atMs).toLocaleTimeString()

/** The token is good when Looker takes it, which only a call can show. */
const tryApi = async (token: string): Promise<void> => {
  try {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch('/api/internal/embed/who', { headers })
    const outcome = response.ok ? 'accepted' : `refused (${response.status})`
    write('api-call', `${outcome} at ${timeOf(Date.now())}`)
  } catch {
    write('api-call', 'Looker cannot be reached')
  }
}

const { port1, port2 } = new window.MessageChannel()
const conversation = converse(port1, {
  page: { type: 'dashboard', url: location.pathname, absoluteUrl: location.href },
  now: Date.now,
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  show,
})
document.getElementById('resume')?.addEventListener('click', conversation.resume)
parent.postMessage(syn, '*', [port2])
