// What the simulated Looker's page says to the page that embeds it, over a port of this process. The
// document around it is not under test.
import { describe, expect, it } from 'vitest'
import { converse, type View } from '../../../local/looker/page/conversation.ts'

const page = { type: 'dashboard', url: '/embed/dashboards/42', absoluteUrl: 'https://l.test/' }

const tokens = {
  api_token: 'api-1',
  api_token_ttl: 600,
  navigation_token: 'navigation-1',
  navigation_token_ttl: 600,
  session_reference_token_ttl: 3600,
}
const over = { ...tokens, api_token: 'session expired', session_reference_token_ttl: 0 }
const nothing = {
  api_token: undefined,
  api_token_ttl: undefined,
  navigation_token: undefined,
  navigation_token_ttl: undefined,
  session_reference_token_ttl: undefined,
}

const request = { action: 2, data: { eventName: 'session:tokens:request', payload: [] } }
const statusOf = (status: object) => ({
  action: 2,
  data: { eventName: 'session:status', payload: [status] },
})
const expired = [
  statusOf({ session_ttl: 0, expired: true, interrupted: false }),
  { action: 2, data: { eventName: 'session:expired', payload: [] } },
]

const interrupted = (session_ttl: number) =>
  statusOf({ session_ttl, expired: false, interrupted: true, recoverable: true })

const opened = () => {
  let nowMs = 0
  let timer: { atMs: number; run: () => void } | undefined
  let listener: ((event: { readonly data: unknown }) => void) | undefined
  const sent: unknown[] = []
  const views: View[] = []
  const { resume } = converse(
    {
      addEventListener: (_, added) => {
        listener = added
      },
      start: () => {},
      postMessage: (frame) => sent.push(frame),
    },
    {
      page,
      now: () => nowMs,
      after: (ms, run) => {
        const own = { atMs: nowMs + ms, run }
        timer = own
        return () => {
          if (timer === own) timer = undefined
        }
      },
      show: (view) => views.push(view),
    },
  )
  const receive = (data: unknown) => listener?.({ data })
  return {
    resume,
    receive,
    /** What was sent since the last time that somebody asked. */
    sent: () => sent.splice(0),
    view: () => views.at(-1),
    answer: (payload: unknown) =>
      receive({ action: 1, data: { eventName: 'session:tokens', payload: [payload] } }),
    timerAtMs: () => timer?.atMs,
    /** Moves time to the next timer. */
    elapse: () => {
      const due = timer
      timer = undefined
      nowMs = due?.atMs ?? nowMs
      due?.run()
    },
    moveTo: (atMs: number) => {
      nowMs = atMs
    },
  }
}

const connected = () => {
  const conversation = opened()
  conversation.receive({ action: 0, data: {} })
  conversation.sent()
  return conversation
}

describe('the handshake of the page', () => {
  it('acknowledges, says which page it is, and asks for tokens', () => {
    const conversation = opened()
    const before = conversation.sent()

    conversation.receive({ action: 0, data: {} })

    expect(before).toEqual([])
    expect(conversation.sent()).toEqual([
      { action: 1, data: {} },
      {
        action: 2,
        data: {
          eventName: 'page:changed',
          payload: [{ page: { ...page, lookerVersion: '26.12.3' } }],
        },
      },
      request,
    ])
    expect(conversation.view()).toEqual({ kind: 'waiting' })
  })

  it('happens once', () => {
    const conversation = connected()

    conversation.receive({ action: 0, data: {} })

    expect(conversation.sent()).toEqual([])
  })

  it('works over a real channel', async () => {
    const { port1, port2 } = new MessageChannel()
    const frames: unknown[] = []
    const three = new Promise<void>((resolve) => {
      port2.addEventListener('message', (event) => {
        if (frames.push(Object(event).data) === 3) resolve()
      })
    })
    port2.start()
    const port = {
      addEventListener: (type: 'message', listener: (event: { data: unknown }) => void) =>
        port1.addEventListener(type, (event) => listener({ data: Object(event).data })),
      start: () => port1.start(),
      postMessage: (frame: unknown) => port1.postMessage(frame),
    }

    converse(port, { page, now: () => 0, after: () => () => {}, show: () => {} })
    port2.postMessage({ action: 0, data: {} })
    await three
    port2.close()

    expect(frames[2]).toEqual(request)
  })
})

describe('the tokens of the page', () => {
  it('are shown with their ends, and asked for again a minute before the first', () => {
    const conversation = connected()

    conversation.answer(tokens)

    const ends = { navigationEndsAtMs: 600_000, apiEndsAtMs: 600_000, sessionEndsAtMs: 3_600_000 }
    expect(conversation.view()).toEqual({ kind: 'live', tokens, ends })
    expect(conversation.timerAtMs()).toBe(540_000)
    conversation.elapse()
    expect(conversation.sent()).toEqual([request])
  })

  it.each([
    ['navigation_token_ttl', 200, 150_000],
    ['api_token_ttl', 200, 150_000],
    ['session_reference_token_ttl', 200, 150_000],
    ['api_token_ttl', 8, 6_000],
    ['api_token_ttl', 1, 1_000],
  ])('are asked for again before the end of %s %i', (field, ttl, expected) => {
    const conversation = connected()

    conversation.answer({ ...tokens, [field]: ttl })

    expect(conversation.timerAtMs()).toBe(expected)
  })

  it('live no longer when they come again with their first life', () => {
    const conversation = connected()
    conversation.answer(tokens)
    conversation.elapse()

    conversation.answer(tokens)

    expect(conversation.view()).toMatchObject({ kind: 'live', ends: { apiEndsAtMs: 600_000 } })
    expect(conversation.timerAtMs()).toBe(540_000 + 45_000)
  })

  it('are none when the same ones come after their end', () => {
    const conversation = connected()
    conversation.answer(tokens)
    conversation.moveTo(600_000)

    conversation.answer(tokens)

    expect(conversation.view()).toEqual({ kind: 'interrupted' })
  })

  it('may come in a message that wants a response', () => {
    const conversation = connected()

    const data = { eventName: 'session:tokens', payload: [tokens], sequence: 7 }
    conversation.receive({ action: 2, data })

    expect(conversation.view()).toMatchObject({ kind: 'live' })
    expect(conversation.sent()).toEqual([
      { action: 4, data: { eventName: 'session:tokens', payload: [], sequence: 7 } },
    ])
  })
})

describe('the end of the session of the page', () => {
  it('is told to the embedding page, and nothing is asked for after it', () => {
    const conversation = connected()
    conversation.answer(tokens)

    conversation.answer(over)
    const told = conversation.sent()
    conversation.resume()
    conversation.answer(tokens)

    expect(told).toEqual(expired)
    expect(conversation.view()).toEqual({ kind: 'expired' })
    expect(conversation.sent()).toEqual([])
    expect(conversation.timerAtMs()).toBeUndefined()
  })
})

describe('an interruption of the page', () => {
  it.each([
    ['empty fields', nothing],
    ['no fields', {}],
    ['nothing', undefined],
    ['no api token', { ...tokens, api_token: undefined }],
    ['a life in text', { ...tokens, api_token_ttl: '600' }],
  ])('comes from %s', (_, payload) => {
    const conversation = connected()

    conversation.answer(payload)

    expect(conversation.sent()).toEqual([interrupted(0)])
    expect(conversation.view()).toEqual({ kind: 'interrupted' })
    expect(conversation.timerAtMs()).toBeUndefined()
  })

  it('comes when nobody answers for 30 seconds, and says what is left of the session', () => {
    const conversation = connected()
    conversation.answer(tokens)
    conversation.elapse()
    conversation.sent()

    expect(conversation.timerAtMs()).toBe(570_000)
    conversation.elapse()

    expect(conversation.sent()).toEqual([interrupted(3_030)])
  })

  it('ends with tokens that are asked for again', () => {
    const conversation = connected()
    conversation.answer(nothing)
    conversation.sent()

    conversation.resume()
    conversation.answer(tokens)

    expect(conversation.sent()).toEqual([request])
    expect(conversation.view()).toMatchObject({ kind: 'live' })
  })
})

describe('other frames', () => {
  it.each([
    undefined,
    'text',
    {},
    { action: 1 },
    { action: 1, data: { eventName: 'session:tokens', payload: 'text' } },
    { action: 1, data: { eventName: 'dashboard:run', payload: [] } },
    { action: 3, data: { eventName: 'session:tokens', payload: [tokens] } },
  ])('like %j bring no tokens', (frame) => {
    const conversation = connected()

    conversation.receive(frame)

    expect(conversation.view()).not.toMatchObject({ kind: 'live' })
  })

  it('that want a response get one', () => {
    const conversation = connected()

    const data = { eventName: 'dashboard:run', payload: [], sequence: 1 }
    conversation.receive({ action: 2, data })

    expect(conversation.sent()).toEqual([{ action: 4, data }])
  })
})
