// Looks for secrets in what was written, in every form in which a program could have written them.

export type Written = { readonly source: string; readonly text: string }
export type Hit = { readonly source: string; readonly encoding: string }

/**
 * The middle of a base64 text depends on where the secret begins in what was encoded: three ways, of
 * which only the characters that hold nothing else are looked for.
 */
const base64Forms = (bytes: Buffer, encoding: 'base64' | 'base64url'): string[] =>
  [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString(encoding)
      .replace(/=+$/, '')
    const whole = Math.floor(((before + bytes.length) * 8) / 6)
    return text.slice(before === 0 ? 0 : before + 1, whole)
  })

const forms: Readonly<Record<string, (text: string, bytes: Buffer) => readonly string[]>> = {
  raw: (text) => [text],
  base64: (_, bytes) => base64Forms(bytes, 'base64'),
  base64url: (_, bytes) => base64Forms(bytes, 'base64url'),
  hex: (_, bytes) => [bytes.toString('hex'), bytes.toString('hex').toUpperCase()],
  'URL-encoded': (text) => [
    encodeURIComponent(text),
    new URLSearchParams([['', text]]).toString().slice(1),
  ],
  'JSON-escaped': (text) => [JSON.stringify(text).slice(1, -1)],
  'first 12 characters': (text) => [text.slice(0, 12)],
  'Buffer as Node prints it': (_, bytes) => [bytes.toString('hex').replaceAll(/(..)(?=.)/g, '$1 ')],
  'list of bytes': (_, bytes) => [[...bytes].join(','), [...bytes].join(', ')],
}

export const encodings = Object.keys(forms)

/** Every spelling of a secret, by encoding. Bytes stand for the text of the same codes. */
export const spellingsOf = (secret: string | Buffer): ReadonlyMap<string, readonly string[]> => {
  const bytes = typeof secret === 'string' ? Buffer.from(secret, 'utf8') : secret
  const text = typeof secret === 'string' ? secret : secret.toString('latin1')
  return new Map(Object.entries(forms).map(([name, spell]) => [name, spell(text, bytes)]))
}

/** One hit for each source and encoding of a text, however often that text was written. */
export const findSecrets = (
  written: readonly Written[],
  secrets: readonly (string | Buffer)[],
): readonly Hit[] => {
  const spelled = secrets.map(spellingsOf)
  const sources = new Map<string, Set<string>>()
  for (const { source, text } of written) {
    sources.set(text, (sources.get(text) ?? new Set()).add(source))
  }
  return [...sources].flatMap(([text, writers]) =>
    spelled.flatMap((spellings) =>
      [...spellings]
        .filter(([, needles]) => needles.some((needle) => text.includes(needle)))
        .flatMap(([encoding]) => [...writers].map((source) => ({ source, encoding }))),
    ),
  )
}
