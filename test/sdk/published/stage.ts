// Looker's published session and transport beside ours, before the same simulated Looker, on a clock whose
// date alone can be moved.
import { NodeSession, NodeTransport } from '@looker/sdk-node'
import { DefaultSettings } from '@looker/sdk-rtl'
import { Looker40SDK } from '@looker/sdk'
import { vi } from 'vitest'
import { systemClock } from '../../../lib/system.ts'
import { clientId, clientSecret } from '../../scenarios/fleet.ts'
import { createSdkStage } from '../../scenarios/sdk-stage.ts'
import type { StageOptions } from '../../scenarios/sdk-stage.ts'

export const createPublishedStage = async (options: StageOptions = {}) => {
  // Asked each time: a test may put another date in its place.
  const clock = { ...systemClock, now: () => Date.now() }
  const stage = await createSdkStage({ clock, ...options })

  const publishedSession = () => {
    const settings = {
      ...DefaultSettings(),
      base_url: stage.server.url,
      readConfig: () => ({ client_id: clientId, client_secret: clientSecret }),
    }
    return new NodeSession(settings, new NodeTransport(settings))
  }

  return {
    ...stage,
    publishedSession,
    publishedSdk: () => new Looker40SDK(publishedSession()),
  }
}

/** Dates stand still from here, and nothing else: timers run on. */
export const standStill = (): { readonly advance: (seconds: number) => void } => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 })
  return { advance: (seconds) => void vi.setSystemTime(Date.now() + seconds * 1000) }
}

/** The published transport writes a line for each request. */
export const hushDebug = () => vi.spyOn(console, 'debug').mockReturnValue()
