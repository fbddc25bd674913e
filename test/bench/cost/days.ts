// The days of all: ours first.
import { createBrokerDay } from './broker-day.ts'
import { liveDay } from './day.ts'
import type { Day, Plan } from './day.ts'
import { createKmsDay, createSecretsDay, createWriteFirstDay, startSdkDay } from './other-days.ts'

/** A fiftieth of a million. */
export const smallDay: Plan = { requests: 20_000, coldStarts: 200 }

export const countDays = async (plan: Plan): Promise<readonly Day[]> => {
  const days: Day[] = []
  for (const contestant of [
    await createBrokerDay(),
    createSecretsDay(),
    createKmsDay(),
    createWriteFirstDay(),
  ]) {
    days.push(await liveDay(contestant, plan))
  }
  // Each of its cold starts is a login over HTTP: never more of them than needed to count.
  const sdk = await startSdkDay()
  days.push(await liveDay(sdk, smallDay))
  await sdk.close()
  return days
}
