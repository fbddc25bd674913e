// Judges an embed session that was tried from its start to its end. Pure.
import { noEmbedding } from './embed-checks.ts'
import type { Facts, Life, Outcome } from './facts.ts'
import { failed, ok, skipped, warning } from './finding.ts'
import type { Check, Verdict } from './finding.ts'
import { isRefusal, statusWords, whyNotAnswered } from './why.ts'

const notTried = skipped('No session was tried.')

export const sessionChecks = (stage: string): readonly Check<Facts>[] => [
  {
    name: 'acquire',
    needs: ['login', 'rights', 'embedding', 'signed-embedding', 'cookieless'],
    judge: judgeAcquire,
  },
  { name: 'generate', needs: ['acquire'], judge: judgeGenerate },
  { name: 'user-agent', needs: ['generate'], judge: judgeUserAgent },
  {
    name: 'sessions-per-user',
    needs: ['generate'],
    judge: (facts) => judgeSessionsPerUser(facts, stage),
  },
  { name: 'end-session', needs: ['acquire'], judge: judgeEnd },
  { name: 'throw-away-user', needs: ['acquire'], judge: judgeThrowAway },
]

const judgeAcquire = ({ tenant, session, throwAway }: Facts): Verdict => {
  if (!tenant.embed) return noEmbedding
  if (!session) return notTried
  const { acquire } = session
  if (acquire.ok) return ok('Looker starts an embed session.')
  if (isRefusal(acquire)) {
    return failed(
      `Looker refuses to start an embed session${statusWords(acquire)}.`,
      'Give the user of the API key the role Admin. On Looker (Google Cloud core) only the edition Embed has cookieless embedding.',
    )
  }
  const verdict = whyNotAnswered(acquire, 'No embed session can be started')
  if (!throwAway || throwAway.removed.ok) return verdict
  return { ...verdict, what: `${verdict.what} Looker may have kept ${nameOf(throwAway)}.` }
}

const judgeGenerate = ({ tenant, session }: Facts): Verdict => {
  if (!tenant.embed) return noEmbedding
  const generate = session?.generate
  if (!generate) return notTried
  if (generate.ok && generate.value === 'generated')
    return ok('Looker gives a session its next tokens.')
  const what = generate.ok
    ? 'Looker says of a new embed session that it is over.'
    : `Looker refuses a new embed session its next tokens${statusWords(generate)}.`
  if (!generate.ok && !isRefusal(generate))
    return whyNotAnswered(generate, 'No next tokens can be had')
  return failed(
    what,
    'Look whether something between AWS and Looker (a proxy) changes the header User-Agent, to which Looker binds a session.',
  )
}

const judgeUserAgent = ({ tenant, session }: Facts): Verdict => {
  if (!tenant.embed) return noEmbedding
  const other = session?.otherBrowser
  if (!other) return notTried
  if (!other.ok && isRefusal(other))
    return ok('Looker refuses the tokens of a session to another browser.')
  if (other.ok && other.value === 'ended')
    return ok('Looker gives another browser no tokens of a session.')
  if (!other.ok) return whyNotAnswered(other, 'The tokens for another browser cannot be asked for')
  return warning(
    'Looker gives the tokens of a session to another browser too.',
    'Nothing of the broker depends on it. If something between AWS and Looker (a proxy) changes the header User-Agent, let it pass.',
  )
}

const judgeSessionsPerUser = ({ tenant, session }: Facts, stage: string): Verdict => {
  if (!tenant.embed) return noEmbedding
  const first = session?.firstAfterSecond
  if (!first) return notTried
  if (!isAlive(session.afterOtherBrowser)) {
    return warning(
      'How many sessions a user may have is not known: the first one ended when another browser asked for its tokens.',
      `Try it by hand, in two browsers as one user, against sessions_per_user in tenants/${stage}.yml.`,
    )
  }
  const real = sessionsPerUserOf(first)
  if (real === undefined) {
    return first.ok
      ? notTried
      : whyNotAnswered(first, 'How many sessions a user may have is not known')
  }
  const words = real === 'one' ? 'ends the first one' : 'leaves the first one alive'
  const what = `A second session of a user ${words} (${real})`
  if (tenant.embed.store === 'client') return ok(`${what}.`)
  const { sessions_per_user: written } = tenant.embed
  if (real === written) return ok(`${what}, as the tenant file says.`)
  return failed(
    `${what}, and the tenant file says ${written}.`,
    `Write sessions_per_user: ${real} under embed in tenants/${stage}.yml, and deploy.`,
  )
}

const isAlive = (life: Outcome<Life> | undefined): boolean =>
  life?.ok === true && life.value === 'generated'

/** A first session that is refused what it was given a moment before has been ended. */
const sessionsPerUserOf = (first: Outcome<Life>): 'one' | 'many' | undefined => {
  if (first.ok) return first.value === 'ended' ? 'one' : 'many'
  return isRefusal(first) ? 'one' : undefined
}

const judgeEnd = ({ tenant, session }: Facts): Verdict => {
  if (!tenant.embed) return noEmbedding
  if (!session?.end) return notTried
  const { end, afterEnd } = session
  if (!end.ok) {
    return failed(
      `Looker does not end an embed session${statusWords(end)} (${end.failure}).`,
      'Until it does, sign-outs and ends by rules take effect at Looker only when the time of a session is over. Run the doctor again; if it stays, ask the support of Looker.',
    )
  }
  if (afterEnd?.ok && afterEnd.value === 'generated') {
    return failed(
      'Looker confirms the end of an embed session, and still gives it tokens.',
      'Ask the support of Looker.',
    )
  }
  if (afterEnd && !afterEnd.ok && !isRefusal(afterEnd))
    return whyNotAnswered(afterEnd, 'Whether an embed session ends is not known')
  return ok('Looker ends an embed session.')
}

const judgeThrowAway = ({ tenant, throwAway }: Facts): Verdict => {
  if (!tenant.embed) return noEmbedding
  if (!throwAway) return notTried
  const { removed } = throwAway
  if (removed.ok) return ok('The user that was made for this is removed from Looker.')
  return warning(
    `Looker keeps ${nameOf(throwAway)}, made for this${statusWords(removed)}.`,
    'Remove that user in Looker (Admin > Users).',
  )
}

const nameOf = ({ externalUserId, userId }: NonNullable<Facts['throwAway']>): string =>
  `the embed user with the external id ${externalUserId}${userId === undefined ? '' : ` (user ${userId})`}`
