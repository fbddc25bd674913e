// Headers under one name, however it is spelled: two would be sent as one value with a comma.
import type { IRequestHeaders } from '@looker/sdk-rtl'

/** The last of those that name it decides, its spelling too. */
export const mergeHeaders = (
  ...several: readonly (IRequestHeaders | undefined)[]
): IRequestHeaders => {
  const merged = new Map<string, readonly [string, string]>()
  for (const headers of several)
    for (const [name, value] of Object.entries(headers ?? {}))
      if (value !== undefined) merged.set(name.toLowerCase(), [name, value])
  return Object.fromEntries(merged.values())
}

export const headerIn = (headers: IRequestHeaders, name: string): string | undefined =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
