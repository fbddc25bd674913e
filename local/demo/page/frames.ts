// Looker's frames by the Embed SDK and the helper, as a page of a customer would make them.
import { getEmbedSDK, type ILookerConnection } from '@looker/embed-sdk'
import type { BrokerSession, Frame } from '../../../lib/browser/index.ts'
import { find } from './elements.ts'

export type Frames = {
  readonly open: () => Promise<void>
  /** The first frame gets what the Embed SDK sends after a failure: no tokens. */
  readonly interrupt: () => void
  /** Takes all frames away. */
  readonly close: () => void
}

const firstDashboard = 42

export const createFrames = (
  lookerHost: string,
  session: BrokerSession,
  tell: (text: string) => void,
): Frames => {
  const sdk = getEmbedSDK()
  let frames: { readonly frame: Frame<ILookerConnection>; readonly place: HTMLElement }[] = []
  let opened = 0
  let round = 0

  const mountIn = (place: HTMLElement, dashboard: number) =>
    session.connect({
      sdk,
      lookerHost,
      mount: (_, watch) => {
        place.replaceChildren()
        const builder = sdk
          .createDashboardWithId(String(dashboard))
          .appendTo(place)
          .on('page:changed', () => tell('Looker shows a page.'))
          .on('session:tokens:request', () => tell('Looker asks for tokens.'))
        return watch(builder).build().connect()
      },
    })

  return {
    open: async () => {
      const ownRound = round
      const place = document.createElement('div')
      find('frames').append(place)
      try {
        const frame = await mountIn(place, firstDashboard + opened++)
        // Meanwhile all frames were closed: this one belongs to somebody who left.
        if (ownRound === round) frames.push({ frame, place })
        else frame.close()
      } catch (error) {
        place.remove()
        throw error
      }
    },
    interrupt: () => frames[0]?.frame.connection()?.send('session:tokens', {}),
    close: () => {
      round += 1
      opened = 0
      for (const { frame } of frames) frame.close()
      frames = []
      find('frames').replaceChildren()
    },
  }
}
