// A day of requests for one token: spread evenly over 24 hours and over the environments that live, of which the
// oldest is replaced by a cold one again and again.
import { times, together } from './prices.ts'
import type { Bill } from './prices.ts'

export type Environment = {
  /** One request. */
  readonly ask: () => Promise<unknown>
}

export type Contestant = {
  readonly name: string
  /**
   * What warm requests use grows with their number; or with environments and renewals, however many requests
   * there are between.
   */
  readonly warmGrows: 'with requests' | 'with renewals'
  readonly coldStart: () => Environment
  /** What a schedule does, if there is one. */
  readonly everyMinute: (() => Promise<unknown>) | undefined
  /** The day goes on. */
  readonly skip: (ms: number) => void
  /** What was used since this was last asked, if anything. */
  readonly take: () => Bill | undefined
  readonly logins: () => number
}

export type Plan = { readonly requests: number; readonly coldStarts: number }

/** Of the first request of each environment; of all others; of the schedule. */
type Phase = 'cold' | 'warm' | 'schedule'

export type Used = { readonly bill: Bill; readonly logins: number }

export type Day = Plan & Pick<Contestant, 'name' | 'warmGrows'> & Readonly<Record<Phase, Used>>

export const million: Plan = { requests: 1_000_000, coldStarts: 10_000 }

/** Of a day of a million requests and 10,000 cold starts, from the counts of a smaller one. */
export const usedByMillion = ({
  requests,
  coldStarts,
  warmGrows,
  cold,
  warm,
  schedule,
}: Day): Used => {
  const coldFactor = million.coldStarts / coldStarts
  const warmFactor = warmGrows === 'with requests' ? million.requests / requests : 1
  return {
    bill: together([times(cold.bill, coldFactor), times(warm.bill, warmFactor), schedule.bill]),
    logins: cold.logins * coldFactor + warm.logins + schedule.logins,
  }
}

const dayMs = 86_400_000
const minuteMs = 60_000
/** Environments that live at the same time. */
const living = 50

export const liveDay = async (contestant: Contestant, plan: Plan): Promise<Day> => {
  const used: Record<Phase, Used> = { cold: nothing, warm: nothing, schedule: nothing }
  const environments: Environment[] = []
  const during = async (phase: Phase, act: (() => Promise<unknown>) | undefined): Promise<void> => {
    const before = contestant.logins()
    await act?.()
    const more = contestant.take()
    const made = contestant.logins() - before
    if (!more && made === 0) return
    const { bill, logins } = used[phase]
    used[phase] = { bill: together([bill, more ?? {}]), logins: logins + made }
  }
  // The first login of all is not one that each cold start makes.
  await during('schedule', contestant.coldStart().ask)
  const perColdStart = Math.floor(plan.requests / plan.coldStarts)
  const stepMs = dayMs / plan.requests
  let minutes = 0
  for (let request = 0; request < plan.requests; request += 1) {
    while (request * stepMs >= minutes * minuteMs) {
      minutes += 1
      await during('schedule', contestant.everyMinute)
    }
    const isCold = request % perColdStart === 0
    if (isCold) environments.push(contestant.coldStart())
    if (environments.length > living) environments.shift()
    const environment = isCold ? environments.at(-1) : environments[request % environments.length]
    await during(isCold ? 'cold' : 'warm', environment?.ask)
    contestant.skip(stepMs)
  }
  const { name, warmGrows } = contestant
  return { name, warmGrows, ...plan, ...used }
}

const nothing: Used = { bill: {}, logins: 0 }
