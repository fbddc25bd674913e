// Everything that reads and writes the table, behind one import: loaded at the first token.
import { createTokens, systemServices } from '../broker.ts'
import type { Services } from '../broker.ts'
import { Secret } from '../secret.ts'
import { withGivenSecret } from '../tokens/given-secret.ts'
import type { GetToken } from '../tokens/get-token.ts'
import type { TokenStage } from '../tokens/token-stage.ts'
import type { TableSettings } from './table-settings.ts'

/** With the AWS clients by the usual credential chain, unless other services are given. */
export const openTable = (
  settings: TableSettings,
  services: Services = servicesOf(settings),
): GetToken => createTokens(stageOf(settings), services)

const servicesOf = ({ stage, tableName, keyId, region, report }: TableSettings): Services => ({
  ...systemServices({ stage, tableName, keyId, ...(region ? { aws: { region } } : {}) }),
  report: report ?? (() => undefined),
})

const stageOf = ({ looker, ...settings }: TableSettings): TokenStage => ({
  stage: settings.stage,
  tableName: settings.tableName,
  tenant: {
    looker: {
      base_url: looker.baseUrl,
      client_id: looker.clientId,
      login_timeout_seconds: settings.loginTimeoutSeconds,
    },
    api_tokens: { margin_seconds: settings.marginSeconds },
    encryption: { data_key_hours: settings.dataKeyHours },
  },
  clientSecretAround: (stored) =>
    looker.clientSecret === undefined
      ? stored
      : withGivenSecret(stored, new Secret(looker.clientSecret)),
})
