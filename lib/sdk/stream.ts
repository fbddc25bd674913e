// The answer that the callback of a stream gets: the body as it comes, with a limit on how long a piece may take.
import type { Scope } from './exchange-scope.ts'
import { CallEnd, lost } from './failure-end.ts'

export type StreamOptions = {
  readonly scope: Scope
  /** What Looker's SDK would throw for it. */
  readonly errorOf: (end: CallEnd) => Error
}

/**
 * As the callback does. Its time is its own: the timer runs only while it waits for a piece. When it is done the
 * rest of the body is dropped. Errors: the callback's own; `CallEnd` of the call's time or signal.
 */
export const handOver = async <Value>(
  response: Response,
  callback: (response: Response) => Promise<Value>,
  { scope, errorOf }: StreamOptions,
): Promise<Value> => {
  scope.pause()
  const { body, close } = guarded(response.body, { scope, errorOf })
  try {
    return await scope.within(() => callback(copyOf(response, body)))
  } finally {
    close()
  }
}

const guarded = (source: ReadableStream<Uint8Array> | null, options: StreamOptions) => {
  if (source === null) return { body: null, close: () => {} }
  const { scope, errorOf } = options
  const reader = source.getReader()
  let fail: ((error: Error) => void) | undefined
  const stop = (end: CallEnd): void => {
    fail?.(errorOf(end))
    void reader.cancel().catch(() => {})
  }

  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        fail = (error) => controller.error(error)
      },
      pull: async (controller) => {
        scope.restart()
        try {
          const { done, value } = await scope.within(() => reader.read())
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          stop(lost(error))
        } finally {
          scope.pause()
        }
      },
      cancel: () => reader.cancel(),
    },
    // Nothing is read before somebody asks for it: who is slow holds Looker back, not memory.
    { highWaterMark: 0 },
  )
  const close = (): void => stop(scope.end() ?? early())
  return { body, close }
}

const copyOf = (response: Response, body: ReadableStream<Uint8Array> | null): Response => {
  const { status, statusText, headers, url } = response
  const copy = new Response(body, { status, statusText, headers })
  return Object.defineProperty(copy, 'url', { value: url })
}

// Without it whoever reads on would take half an answer for a whole one.
const early = (): CallEnd =>
  new CallEnd('aborted', 'The callback of the stream was done before the body was read')
