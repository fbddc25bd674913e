// Looker's frames by the Embed SDK, as a page of a customer would make them.
import { getEmbedSDK, type ILookerConnection } from '@looker/embed-sdk'
import type { BrokerCalls } from './broker-calls.ts'
import { find } from './elements.ts'

export type Frames = {
  readonly open: () => Promise<void>
  /** New tokens for all frames, before Looker asks for them. */
  readonly refresh: () => Promise<void>
  /** Removes all frames, and makes the next one begin anew. */
  readonly reset: () => void
}

export type FrameWatch = {
  readonly tell: (text: string) => void
  readonly onEnded: () => void
}

export const createFrames = (
  lookerHost: string,
  broker: BrokerCalls,
  { tell, onEnded }: FrameWatch,
): Frames => {
  const sdk = getEmbedSDK()
  let isReady = false
  let connections: ILookerConnection[] = []
  return {
    open: async () => {
      if (!isReady) sdk.initCookieless(lookerHost, broker.acquire, broker.generate)
      isReady = true
      const connection = await sdk
        .createDashboardWithId(String(42 + connections.length))
        .appendTo(find('frames'))
        .on('page:changed', () => tell('Looker shows a page.'))
        .on('session:tokens:request', () => tell('Looker asks for tokens.'))
        .on('session:status', ({ expired, interrupted }) => {
          if (interrupted && !expired) tell('Looker is waiting for tokens.')
        })
        .on('session:expired', () => {
          tell('The session is over.')
          onEnded()
        })
        .build()
        .connect()
      connections.push(connection)
    },
    refresh: async () => {
      const tokens = await broker.generate(broker.last())
      for (const connection of connections) connection.send('session:tokens', tokens)
    },
    reset: () => {
      connections = []
      isReady = false
      sdk.clearSession()
      find('frames').replaceChildren()
    },
  }
}
