// Which source of tokens the broker's own variables ask for. Pure; making it is in init.ts.
import { Secret } from '../secret.ts'
import { variableIn } from './init-settings.ts'
import type { Env, LookerSettings, Read } from './init-settings.ts'

export type SourceSettings =
  | {
      readonly kind: 'function'
      readonly functionName: string
      readonly region: string | undefined
    }
  | {
      readonly kind: 'table'
      readonly tableName: string
      readonly keyId: string
      readonly stage: string
      readonly region: string | undefined
    }

const functionVariable = 'LOOKER_BROKER_FUNCTION'
const tableVariables = ['LOOKER_BROKER_TABLE', 'LOOKER_BROKER_KEY', 'LOOKER_BROKER_STAGE'] as const
const both = `${functionVariable}, or ${tableVariables.join(', ')}`

/** No mistake repeats a value. */
export const readSource = (env: Env): Read<SourceSettings> => {
  const functionName = variableIn(env, functionVariable)
  const [tableName, keyId, stage] = tableVariables.map((name) => variableIn(env, name))
  const region = variableIn(env, 'LOOKER_BROKER_REGION')
  const missing = tableVariables.filter((name) => variableIn(env, name) === undefined)
  const noTable = missing.length === tableVariables.length

  if (functionName !== undefined) {
    if (!noTable) return mistaken(`set ${both}, and not both`)
    return { kind: 'settings', settings: { kind: 'function', functionName, region } }
  }
  if (noTable) return mistaken(`set ${both}`)
  if (tableName === undefined || keyId === undefined || stage === undefined) {
    return mistaken(
      `${missing.join(', ')}: not set, and the table needs all of ${tableVariables.join(', ')}`,
    )
  }
  return { kind: 'settings', settings: { kind: 'table', tableName, keyId, stage, region } }
}

/** Whether it is the table that is asked for, though perhaps not with all it needs. */
export const asksForTable = (env: Env): boolean =>
  variableIn(env, functionVariable) === undefined &&
  tableVariables.some((name) => variableIn(env, name) !== undefined)

/** What makes two sources the same. The client secret is in it by its digest. */
export const sourceKeyOf = (source: SourceSettings, looker: LookerSettings): string => {
  if (source.kind === 'function') return JSON.stringify(source)
  const { baseUrl, clientId, clientSecret } = looker
  const secret = clientSecret === undefined ? '' : new Secret(clientSecret).digest()
  return JSON.stringify({ ...source, baseUrl, clientId, secret })
}

const mistaken = (mistake: string): Read<never> => ({ kind: 'mistakes', mistakes: [mistake] })
