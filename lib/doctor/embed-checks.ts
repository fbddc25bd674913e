// Judges how Looker is set up for embedding. Pure.
import { compareDomains } from './domains.ts'
import type { Facts } from './facts.ts'
import { failed, ok, skipped, warning } from './finding.ts'
import type { Check, Verdict } from './finding.ts'
import { isBefore, releases } from './release.ts'

export const noEmbedding = skipped('The tenant does not embed.')

export const embedChecks = (): readonly Check<Facts>[] => [
  {
    name: 'embedding',
    needs: ['rights'],
    judge: switchOf('embedding', {
      on: 'Embedding is on.',
      off: 'Embedding is off: this Looker is not licensed for it.',
      remedy:
        'Ask Looker for a licence that has embedding (on Google Cloud core: the edition Embed).',
    }),
  },
  {
    name: 'signed-embedding',
    needs: ['embedding'],
    judge: switchOf('signedEmbedding', {
      on: 'Embed SSO authentication is on.',
      off: 'Embed SSO authentication is off, without which there are no embed users.',
      remedy: 'Switch "Embed SSO Authentication" on in Looker (Admin > Embed).',
    }),
  },
  {
    name: 'cookieless',
    needs: ['embedding'],
    judge: switchOf('cookieless', {
      on: 'Cookieless embedding is on.',
      off: 'Cookieless embedding is off.',
      remedy: 'Switch "Cookieless Embed" on in Looker (Admin > Embed).',
    }),
  },
  { name: 'domains', needs: ['embedding'], judge: judgeDomains },
]

type Switch = 'embedding' | 'signedEmbedding' | 'cookieless'
type Words = { readonly on: string; readonly off: string; readonly remedy: string }

const switchOf =
  (name: Switch, { on, off, remedy }: Words) =>
  ({ tenant, setup }: Facts): Verdict => {
    if (!tenant.embed) return noEmbedding
    const state = setup?.ok ? setup.value[name] : undefined
    if (state === undefined) return skipped('Looker does not tell.')
    return state ? ok(on) : failed(off, remedy)
  }

const judgeDomains = ({ tenant, setup, versions }: Facts): Verdict => {
  if (!tenant.embed) return noEmbedding
  if (!setup?.ok) return skipped('Looker does not tell its list of embed domains.')
  const { domain } = tenant.embed
  const origins = [...new Set([...tenant.origins, ...(domain === null ? [] : [domain])])]
  const { slashed, missing } = compareDomains(origins, setup.value.domains)
  const release = versions.ok ? versions.value.release : undefined
  const isOptional = release === undefined || !isBefore(release, releases.embedDomain)
  if (slashed.length > 0) {
    const judge = isOptional ? warning : failed
    return judge(
      `Looker's list of embed domains has a slash at the end of ${slashed.join(' and ')}, and so allows nothing.${isOptional ? ` ${named}` : ''}`,
      'Write it without the slash in Looker (Admin > Embed > Embedded Domain Allowlist).',
    )
  }
  if (missing.length === 0) return ok("All pages are in Looker's list of embed domains.")
  const what = `Looker's list of embed domains does not have ${missing.join(' and ')}.`
  const remedy = 'Add it in Looker (Admin > Embed > Embedded Domain Allowlist).'
  if (release === undefined) return warning(`${what} ${named}`, `If it is older: ${remedy}`)
  return isOptional ? ok(`${what} ${named}`) : failed(what, remedy)
}

const named = `From Looker ${releases.embedDomain} on it need not: the broker names the page at each start of a session.`
