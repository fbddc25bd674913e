// Sealing and opening a record of 400 bytes: ours and the AWS Encryption SDK's committed suite, turn
// by turn in one run. Keys are in memory on both sides. Run: npx tsx test/bench/crypto.ts [--json]
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'
import Table from 'cli-table3'
import { randomBytes } from 'node:crypto'
import { createKeys } from '../../lib/crypto/keys.ts'
import { type Binding, createSealer } from '../../lib/crypto/sealer.ts'
import { createKmsDouble } from '../../local/kms/double.ts'
import { createLocalKms } from '../../local/kms/port.ts'

const rounds = 20
const recordsPerRound = 100
const plaintext = randomBytes(400)

type Contestant = {
  readonly name: string
  readonly seal: () => Promise<Uint8Array>
  readonly open: (sealed: Uint8Array) => Promise<Uint8Array>
  /** Bytes of a sealed record beside its text and its wrapped key. */
  readonly overheadBytes: number
}

type Samples = { readonly sealMicros: number[]; readonly openMicros: number[] }

const binding: Binding = {
  key: { partition: 'api-token#https%3A%2F%2Facme.example#client#service', sort: 'api-token' },
  kind: 'api-token',
  generation: 1_767_225_600,
}

const bindingAsContext = {
  table: 'tokens',
  partition: binding.key.partition,
  sort: binding.key.sort,
  kind: binding.kind,
  generation: String(binding.generation),
  expires: '1767229200000',
}

const ours = async (): Promise<Contestant> => {
  const clock = { now: () => Date.now() }
  const kms = createLocalKms(createKmsDouble())
  const sealer = createSealer({
    keys: createKeys({ kms, stage: 'bench', table: 'tokens', clock }),
    table: 'tokens',
    random: randomBytes,
    now: clock.now,
    keyMaxAgeSeconds: 86_400,
  })
  const dataKey = await sealer.currentKey(undefined)
  const expiresAtMs = 1_767_229_200_000
  const seal = async () => sealer.seal({ plaintext, expiresAtMs }, binding, dataKey)
  return {
    name: 'ours, all bound',
    seal,
    open: async (sealed) => (await sealer.open(sealed, binding)).plaintext,
    overheadBytes: (await seal()).length - plaintext.length - dataKey.wrapped.length,
  }
}

const encryptionSdk = async (
  name: string,
  encryptionContext: Record<string, string>,
): Promise<Contestant> => {
  const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const keyring = new RawAesKeyringNode({
    keyNamespace: 'bench',
    keyName: 'bench',
    unencryptedMasterKey: randomBytes(32),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
  const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
  const options = { encryptionContext, suiteId }
  const { result, messageHeader } = await encrypt(keyring, plaintext, options)
  // The whole entry of each wrapped key, its three length fields of two bytes included.
  const wrappedKeys = messageHeader.encryptedDataKeys.reduce(
    (sum, { providerId, rawInfo, encryptedDataKey }) =>
      sum + 6 + providerId.length + (rawInfo?.length ?? 0) + encryptedDataKey.length,
    0,
  )
  return {
    name,
    seal: async () => (await encrypt(keyring, plaintext, options)).result,
    open: async (sealed) => (await decrypt(keyring, sealed)).plaintext,
    overheadBytes: result.length - plaintext.length - wrappedKeys,
  }
}

const emptySamples = (): Samples => ({ sealMicros: [], openMicros: [] })

const microsOf = async <T>(work: () => Promise<T>): Promise<{ result: T; micros: number }> => {
  const start = performance.now()
  const result = await work()
  return { result, micros: (performance.now() - start) * 1000 }
}

const runRound = async (contestant: Contestant, samples: Samples): Promise<void> => {
  for (let record = 0; record < recordsPerRound; record += 1) {
    const sealed = await microsOf(contestant.seal)
    const opened = await microsOf(() => contestant.open(sealed.result))
    if (!plaintext.equals(opened.result)) throw new Error(`${contestant.name} lost the text`)
    samples.sealMicros.push(sealed.micros)
    samples.openMicros.push(opened.micros)
  }
}

const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN)
}

const figuresOf = ({ name, overheadBytes }: Contestant, { sealMicros, openMicros }: Samples) => ({
  name,
  overheadBytes,
  sealP50Micros: quantile(sealMicros, 0.5),
  sealP99Micros: quantile(sealMicros, 0.99),
  openP50Micros: quantile(openMicros, 0.5),
  openP99Micros: quantile(openMicros, 0.99),
})

type Figures = ReturnType<typeof figuresOf>

const times = (other: number, own: number): number => Math.round((other / own) * 10) / 10

const ratiosOf = (own: Figures, other: Figures) => ({
  to: other.name,
  seal: times(other.sealP50Micros, own.sealP50Micros),
  open: times(other.openP50Micros, own.openP50Micros),
  sealAndOpen: times(
    other.sealP50Micros + other.openP50Micros,
    own.sealP50Micros + own.openP50Micros,
  ),
  overhead: times(other.overheadBytes, own.overheadBytes),
})

const measure = async (contestants: readonly Contestant[]): Promise<Figures[]> => {
  const entries = contestants.map((contestant) => ({
    contestant,
    samples: emptySamples(),
  }))
  for (const { contestant } of entries) {
    await runRound(contestant, emptySamples())
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { contestant, samples } of entries) await runRound(contestant, samples)
  }
  return entries.map(({ contestant, samples }) => figuresOf(contestant, samples))
}

const own = await ours()
const others = [
  await encryptionSdk('Encryption SDK, nothing bound', {}),
  await encryptionSdk('Encryption SDK, all bound', bindingAsContext),
]
const [ownFigures, ...otherFigures] = await measure([own, ...others])
if (ownFigures === undefined) throw new Error('nothing was measured')
const figures = [ownFigures, ...otherFigures]
const ratios = otherFigures.map((other) => ratiosOf(ownFigures, other))

const table = new Table({
  head: ['400-byte record', 'seal p50 µs', 'p99', 'open p50 µs', 'p99', 'bytes added'],
})
for (const one of figures) {
  table.push([
    one.name,
    one.sealP50Micros,
    one.sealP99Micros,
    one.openP50Micros,
    one.openP99Micros,
    one.overheadBytes,
  ])
}
console.log(table.toString())
for (const { to, seal, open, sealAndOpen, overhead } of ratios) {
  console.log(
    `${to}: ${seal}x our seal, ${open}x our open, ${sealAndOpen}x both, ${overhead}x size`,
  )
}
console.log('Bytes added: beside the text and the wrapped data key.')

if (process.argv.includes('--json')) {
  const run = { node: process.version, rounds, recordsPerRound, plaintextBytes: plaintext.length }
  console.log(JSON.stringify({ bench: 'crypto', ...run, figures, ratios }))
}
