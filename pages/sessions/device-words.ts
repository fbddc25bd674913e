// A user agent in words.
import Bowser from 'bowser'

/** As in `Chrome 140 on Windows`; the parts that are not known are left out. */
export const deviceWords = (userAgent: string | null): string => {
  if (userAgent === null || userAgent.trim() === '') return 'Unknown'
  // Node finds no named export in it.
  // oxlint-disable-next-line import/no-named-as-default-member
  const { browser, os, platform } = Bowser.parse(userAgent)
  const [major] = (browser.version ?? '').split('.')
  const program = [browser.name, major].filter(Boolean).join(' ')
  const device = [os.name, kinds[platform.type ?? '']].filter(Boolean).join(', ')
  if (program !== '' && device !== '') return `${program} on ${device}`
  return program || device || 'Unknown'
}

/** A computer goes without saying. */
const kinds: Readonly<Record<string, string>> = { mobile: 'phone', tablet: 'tablet', tv: 'TV' }
