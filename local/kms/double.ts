// A KMS double: counts calls, fails on demand, rotates and disables keys. How it is reached (over
// HTTP or inside the process) is not known here.
import { createMasters, type Context } from './masters.ts'
import { KmsRefusal, type RefusalName } from './refusal.ts'

export type KmsOperation = 'GenerateDataKey' | 'Decrypt'

/** What an administrator may ask of a key. No fault strikes these but that the key is `gone`. */
export type KeyStanding = {
  readonly gone: boolean
  readonly enabled: boolean
  readonly rotates: boolean
  /** As JSON. */
  readonly policy: string
}

/** `hang`: no answer ever. `reset`: the connection is lost. */
export type KmsFault = {
  readonly error: RefusalName | 'hang' | 'reset'
  /** Default: both operations. */
  readonly operation?: KmsOperation | undefined
  /** Calls it strikes. Default: all, until faults are cleared. */
  readonly times?: number | undefined
}

export type Counts = Readonly<Record<KmsOperation, number>>

/** What becomes of a call: an answer, or none. */
export type Outcome<T> = { readonly answer: T } | { readonly noAnswer: 'hang' | 'reset' }

export type KmsDouble = {
  /** Errors of both: `KmsRefusal`. */
  readonly generateDataKey: (
    keyId: string,
    context: Context,
  ) => Outcome<{ readonly plaintext: Buffer; readonly wrapped: Buffer }>
  readonly decrypt: (
    keyId: string | undefined,
    wrapped: Uint8Array,
    context: Context,
  ) => Outcome<{ readonly plaintext: Buffer }>
  /** Calls that arrived, struck by a fault or not. */
  readonly counts: () => Counts
  readonly resetCounts: () => void
  /** The fault added first strikes first. */
  readonly addFault: (fault: KmsFault) => void
  readonly clearFaults: () => void
  readonly rotate: () => void
  readonly disable: () => void
  readonly enable: () => void
  readonly standing: () => KeyStanding
  readonly setStanding: (change: Partial<Omit<KeyStanding, 'enabled'>>) => void
}

/** As that of a stage: the account administers, and named roles use. */
const usualPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::000000000000:root' },
      Action: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:PutKeyPolicy'],
      Resource: '*',
    },
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::000000000000:root' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: {
        ArnEquals: { 'aws:PrincipalArn': ['arn:aws:iam::000000000000:role/functions'] },
      },
    },
  ],
})

const noCalls: Counts = { GenerateDataKey: 0, Decrypt: 0 }

export const createKmsDouble = (): KmsDouble => {
  const masters = createMasters()
  let counts = noCalls
  let faults: readonly Required<KmsFault>[] = []
  let disabled = false
  let standing = { gone: false, rotates: true, policy: usualPolicy }

  const nextFault = (operation: KmsOperation): KmsFault['error'] | undefined => {
    const fault = faults.find((one) => one.operation === undefined || one.operation === operation)
    if (fault === undefined) return undefined
    const left = { ...fault, times: (fault.times ?? Infinity) - 1 }
    faults = faults.flatMap((one) => (one !== fault ? [one] : left.times > 0 ? [left] : []))
    return fault.error
  }

  const call = <T>(operation: KmsOperation, work: () => T): Outcome<T> => {
    counts = { ...counts, [operation]: counts[operation] + 1 }
    const error = nextFault(operation)
    if (error === 'hang' || error === 'reset') return { noAnswer: error }
    if (error !== undefined) throw new KmsRefusal(error)
    if (standing.gone) throw new KmsRefusal('NotFoundException')
    if (disabled) throw new KmsRefusal('DisabledException')
    return { answer: work() }
  }

  return {
    generateDataKey: (keyId, context) =>
      call('GenerateDataKey', () => masters.wrapNew(keyId, context)),
    decrypt: (keyId, wrapped, context) =>
      call('Decrypt', () => ({ plaintext: masters.unwrap(keyId, wrapped, context) })),
    counts: () => counts,
    resetCounts: () => {
      counts = noCalls
    },
    addFault: (fault) => {
      faults = [...faults, { operation: undefined, times: undefined, ...fault }]
    },
    clearFaults: () => {
      faults = []
    },
    rotate: masters.rotate,
    disable: () => {
      disabled = true
    },
    enable: () => {
      disabled = false
    },
    standing: () => ({ ...standing, enabled: !disabled }),
    setStanding: (change) => {
      standing = { ...standing, ...change }
    },
  }
}
