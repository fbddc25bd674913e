// Judges Looker itself: whether it answers, which release it is, and what the API user may do. Pure.
import { judgeClocks } from './clock-difference.ts'
import type { Facts, Outcome } from './facts.ts'
import { failed, ok, skipped, warning } from './finding.ts'
import type { Check, Verdict } from './finding.ts'
import { allowsAny } from './gather-users.ts'
import { isBefore, releases } from './release.ts'
import { isRefusal, statusWords, whyNotAnswered } from './why.ts'

export const lookerChecks = (stage: string): readonly Check<Facts>[] => [
  { name: 'looker', needs: [], judge: (facts) => judgeReach(facts) },
  { name: 'looker-version', needs: ['looker'], judge: judgeVersion },
  { name: 'login', needs: ['secret', 'looker'], judge: (facts) => judgeLogin(facts, stage) },
  { name: 'rights', needs: ['login'], judge: judgeRights },
  { name: 'users', needs: ['rights'], judge: (facts) => judgeUsers(facts, stage) },
]

export const lookerClockCheck: Check<Facts> = {
  name: 'looker-clock',
  needs: ['looker'],
  judge: ({ lookerAheadMs }) =>
    judgeClocks(lookerAheadMs, {
      theirs: 'Looker',
      ours: 'the functions',
      remedy: 'Let the machine of Looker set its clock by NTP; on one machine, set your own.',
    }),
}

const judgeReach = ({ versions, tenant }: Facts): Verdict => {
  const { base_url } = tenant.looker
  if (versions.ok || isRefusal(versions)) return ok(`Looker answers at ${base_url}.`)
  if (versions.failure === 'misrouted') {
    return failed(
      `What answers at ${base_url} is not the API of Looker${statusWords(versions)}.`,
      'Correct looker.base_url: the origin of the API, with its port if it has one of its own (often 19999). Then deploy.',
    )
  }
  if (versions.failure === 'unreachable' || versions.failure === 'timeout') {
    return failed(
      `Looker cannot be reached at ${base_url} (${versions.failure}).`,
      'Look at looker.base_url for the right name and port, and whether the network of Looker lets AWS Lambda in (its list of allowed addresses).',
    )
  }
  return whyNotAnswered(versions, `Looker at ${base_url} gives no version`)
}

const judgeVersion = ({ versions, tenant }: Facts): Verdict => {
  const release = versions.ok ? versions.value.release : undefined
  if (!versions.ok || release === undefined) {
    return warning(
      'Looker does not tell its release.',
      `Look that it is ${releases.expiredEvent} or later (Help, at the bottom).`,
    )
  }
  const { apis } = versions.value
  if (!apis.includes('4.0')) {
    return failed(`Looker ${release} has no API 4.0.`, 'Have Looker updated.')
  }
  if (!tenant.embed || !isBefore(release, releases.expiredEvent)) {
    return ok(`Looker is release ${release}, with API 4.0.`)
  }
  if (isBefore(release, releases.cookieless)) {
    return failed(
      `Looker ${release} has no cookieless embedding, which came with ${releases.cookieless}.`,
      'Have Looker updated.',
    )
  }
  const alone = isBefore(release, releases.embedDomain)
    ? ` Before ${releases.embedDomain} its list of embed domains alone says which pages may embed.`
    : ''
  return warning(
    `Looker ${release} does not tell a page at once that its session has ended; ${releases.expiredEvent} does.${alone}`,
    'Have Looker updated. Until then a page hears of an end when it asks for its next tokens.',
  )
}

const judgeLogin = ({ login }: Facts, stage: string): Verdict => {
  if (login === undefined) return skipped('There was no login.')
  if (login.ok) return ok('Looker takes client id and secret.')
  if (isRefusal(login)) {
    return failed(
      `Looker refuses client id and secret${statusWords(login)}.`,
      `Compare looker.client_id of tenants/${stage}.yml with the API keys of the user in Looker (Admin > Users), and store the secret of that very key: npm run tenant:secret -- --stage ${stage} < file`,
    )
  }
  return whyNotAnswered(login, 'The login fails')
}

const makeAdmin =
  'Give the user of the API key the role Admin (Admin > Users). On Looker (Google Cloud core) it has to be an API-only service account, and the edition Embed.'

const judgeRights = ({ user, setup, session }: Facts): Verdict => {
  if (user === undefined) return skipped('Nobody is logged in.')
  if (!user.ok) {
    return isRefusal(user)
      ? failed(`Looker does not know its own API user${statusWords(user)}.`, makeAdmin)
      : whyNotAnswered(user, 'Looker does not tell who the API user is')
  }
  if (setup === undefined) return ok('Looker knows the API user.')
  if (setup.ok) return ok('The API user may read the settings of Looker.')
  if (!isRefusal(setup)) return whyNotAnswered(setup, 'The settings of Looker cannot be read')
  const what = `The API user may not read the settings of Looker${statusWords(setup)}`
  return session?.acquire.ok
    ? warning(`${what}, and can start embed sessions all the same.`, makeAdmin)
    : failed(`${what}: it is no administrator.`, makeAdmin)
}

const judgeUsers = ({ users = [], tenant }: Facts, stage: string): Verdict => {
  const refused = users.find(isRefused)
  if (refused !== undefined && !refused.outcome.ok) {
    const { userId, outcome } = refused
    if (!isRefusal(outcome)) return whyNotAnswered(outcome, `The login as user ${userId} fails`)
    return failed(
      `The API user may not act for user ${userId}${statusWords(outcome)}.`,
      `Look that Looker has this user, or take it out of api_tokens in tenants/${stage}.yml. ${makeAdmin} There it may act for embed users alone.`,
    )
  }
  if (users.length > 0) {
    return ok(
      `The API user can act for ${users.length === 1 ? 'a user' : `${users.length} users`}.`,
    )
  }
  return skipped(
    allowsAny(tenant)
      ? 'There was no user at hand to act for.'
      : 'The tenant file names no user to act for.',
  )
}

const isRefused = ({ outcome }: { readonly outcome: Outcome<void> }): boolean => !outcome.ok
