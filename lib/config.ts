// The tenant file as a type, and the one parser for it. Keys are snake_case as in the file, so that the
// path in a complaint is the path in the code. Reading YAML is not done here: that is cli/tenant-file.ts.
import { boolean, getDotPath, nullable, optional, picklist, safeParse } from 'valibot'
import type { BaseIssue } from 'valibot'
import { adminProblems } from './config/admin-rules.ts'
import { adminSection } from './config/admin-section.ts'
import type { AdminSettings } from './config/admin.ts'
import { alarmProblems } from './config/alarms-rules.ts'
import { alarmsSection } from './config/alarms-section.ts'
import type { AlarmSettings } from './config/alarms.ts'
import { repeatedCallers } from './config/api-tokens-rules.ts'
import { apiTokensSection } from './config/api-tokens-section.ts'
import { embedProblems } from './config/embed-rules.ts'
import { embedSection } from './config/embed-section.ts'
import type { EmbedSettings, IdentitySettings } from './config/embed.ts'
import { identitySection } from './config/identity-section.ts'
import { about, list, mapping, origin, required, text, whole } from './config/schema.ts'
import type { TenantOptions } from './config/schema.ts'
import { sessionPolicyProblems } from './config/session-policy-rules.ts'

export type { TenantOptions } from './config/schema.ts'

/** Looker's two workspaces, a property of each API token: https://cloud.google.com/looker/docs/api-auth */
export type Workspace = 'production' | 'dev'

/** What a caller may ask for. Everything that is not named is refused. */
export type Rights = {
  /** Tokens of the service account itself. Default false. */
  readonly service_account: boolean
  /** Looker user ids (1 to 20 digits) whose tokens it may have. Default none. */
  readonly users: 'any' | readonly string[]
  /** Default production alone. */
  readonly workspaces: readonly Workspace[]
}

/** An IAM role (and every session of it) that may call the HTTP route. */
export type Caller = Rights & {
  /** AWS account, 12 digits. */
  readonly account: string
  /** Name of the role, without path or ARN. */
  readonly role: string
}

export type Tenant = {
  readonly looker: {
    /** Origin of the Looker API, for example `https://acme.cloud.looker.com`. */
    readonly base_url: string
    /** Looker API client id, 1 to 128 characters. The client secret is in the table, never here. */
    readonly client_id: string
    /** Time for one whole login, of the 12 s that a request may take. 1 to 10, default 5. */
    readonly login_timeout_seconds: number
  }
  readonly api_tokens: {
    /** A token is handed out only while it has this much life left. 10 to 300, default 30. */
    readonly margin_seconds: number
    readonly callers: readonly Caller[]
    /** Rights of whoever may invoke the direct function. Default nothing. */
    readonly direct: Rights
  }
  /** Web pages that may read answers (CORS), as exact origins. Default none. */
  readonly origins: readonly string[]
  /** Who verifies the users of embedding pages. Null: nobody embeds. */
  readonly identity: IdentitySettings | null
  /** What embed users may have. Null: no embed sessions. */
  readonly embed: EmbedSettings | null
  /** Who may see and end embed sessions. Null: nobody. */
  readonly admin: AdminSettings | null
  /** Whom alarms tell. Null: there are none, and the dashboard alone. */
  readonly alarms: AlarmSettings | null
  /** Whether the stage has a CloudWatch dashboard. Default true. */
  readonly dashboard: boolean
  readonly encryption: {
    /** A new data key is made for a login when the present one is older. 1 to 24, default 24. */
    readonly data_key_hours: number
  }
  readonly functions: {
    /** Upper bound of parallel runs of each issuing function, 1 to 1000; null: the account's. */
    readonly reserved_concurrency: number | null
    /** One of the values that CloudWatch Logs allows. Default 30. */
    readonly log_retention_days: number
    /** Whether X-Ray traces the functions. Default true. */
    readonly tracing: boolean
  }
  /** Requests a second to each route of the kind, with bursts of twice as many; more are answered 429. 1 to 10000. */
  readonly throttling: {
    /** Routes of embedding pages. Default 500. */
    readonly embed_requests_per_second: number
    /** `POST /api-token`. Default 100. */
    readonly token_requests_per_second: number
  }
}

/** One mistake. `path` is as `api_tokens.callers[1].role`; `message` tells what to write instead. */
export type TenantProblem = { readonly path: string; readonly message: string }

/** All mistakes of a tenant file. No message repeats a value: someone may have put a secret there. */
export class TenantError extends Error {
  readonly problems: readonly TenantProblem[]

  constructor(problems: readonly TenantProblem[]) {
    const lines = problems.map(({ path, message }) => `  ${path}: ${message}`)
    super(`The tenant file cannot be used (${problems.length}):\n${lines.join('\n')}`)
    this.name = 'TenantError'
    this.problems = problems
  }
}

/** Fills in defaults. Errors: `TenantError` with every mistake of the file. */
export const parseTenant = (unverified: unknown, options: TenantOptions): Tenant => {
  const result = safeParse(tenantSchema(options), unverified ?? {})
  const problems = [
    ...(result.issues ?? []).map(problemOf),
    ...repeatedCallers(unverified),
    ...embedProblems(unverified),
    ...adminProblems(unverified),
    ...alarmProblems(unverified),
    ...sessionPolicyProblems(unverified),
  ]
  if (!result.success || problems.length > 0) throw new TenantError(problems)
  return result.output
}

/** The days that CloudWatch Logs allows: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
]

/** The shape of the file; exported so that the reference page can be held against it. */
export const tenantSchema = (options: TenantOptions) =>
  mapping({
    looker: optional(lookerSection(options), {}),
    api_tokens: optional(apiTokensSection(), {}),
    origins: optional(
      about(
        'Web pages that may read answers (CORS), and embed. With none, the API answers no preflight and writes no CORS header.',
        list(origin(options)),
        'a list of origins (see below)',
      ),
      [],
    ),
    identity: optional(nullable(identitySection(options)), null),
    embed: optional(nullable(embedSection(options)), null),
    admin: optional(nullable(adminSection(options)), null),
    alarms: optional(nullable(alarmsSection()), null),
    dashboard: optional(
      about(
        'Whether the stage has a CloudWatch dashboard. One costs $3 a month.',
        boolean('write true or false'),
      ),
      true,
    ),
    encryption: optional(encryptionSection(), {}),
    functions: optional(functionsSection(), {}),
    throttling: optional(throttlingSection(), {}),
  })

const lookerSection = (options: TenantOptions) =>
  mapping({
    base_url: required(about('Where the Looker API is.', origin(options))),
    client_id: required(
      about(
        'The API client id of the service account.',
        text(/^[\x21-\x7e]{1,128}$/, 'the client id, up to 128 characters'),
        '1 to 128 characters, no blanks',
      ),
    ),
    login_timeout_seconds: optional(
      about(
        'Time for one whole login; for the dev workspace that includes the switch. A request takes 12 s at most.',
        whole(1, 10, 'seconds'),
      ),
      5,
    ),
  })

const encryptionSection = () =>
  mapping({
    data_key_hours: optional(
      about('A login makes a new data key when the present one is older.', whole(1, 24, 'hours')),
      24,
    ),
  })

const functionsSection = () =>
  mapping({
    reserved_concurrency: optional(
      about(
        'Upper bound of parallel runs of each of the eight functions that may call Looker for somebody. It is taken, eight times, from what the account has for all its functions; AWS refuses it where less than 100 would be left for the others. `null`: no bound of its own.',
        nullable(whole(1, 1000, 'parallel runs')),
      ),
      null,
    ),
    log_retention_days: optional(
      about(
        'How long CloudWatch keeps the logs of every function and the access log of the API.',
        picklist(retentionDays, `write one of ${retentionDays.join(', ')}`),
      ),
      30,
    ),
    tracing: optional(
      about(
        'Whether X-Ray traces the functions: the first run of each in a second, and a twentieth of the others ([costs.md](costs.md)). Without it their roles have no right to write traces.',
        boolean('write true or false'),
      ),
      true,
    ),
  })

const throttlingSection = () =>
  mapping({
    embed_requests_per_second: optional(
      about(
        'Requests a second to each route of embedding pages (see below).',
        whole(1, 10_000, 'requests a second'),
      ),
      500,
    ),
    token_requests_per_second: optional(
      about('The same for `POST /api-token`.', whole(1, 10_000, 'requests a second')),
      100,
    ),
  })

const problemOf = (issue: BaseIssue<unknown>): TenantProblem => ({
  path: (getDotPath(issue) ?? '(file)').replaceAll(/\.(\d+)(?=\.|$)/g, '[$1]'),
  message: issue.message,
})
