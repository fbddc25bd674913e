// A page that asks for its session and its tokens, whoever answers: how it asks is told by the maker.
import * as v from 'valibot'

/** What a page keeps of each answer, to send with the next request. */
export type Tokens = { readonly api_token: string; readonly navigation_token: string }

export type Answer = { readonly ms: number; readonly answer: unknown }

/** Who answers a page. Both throw unless the answer is a 200. */
export type Contestant = {
  readonly name: string
  readonly acquire: () => Promise<Answer>
  readonly generate: (tokens: Tokens) => Promise<Answer>
}

const tokens = v.pipe(v.string(), v.minLength(1))
const schema = v.object({ api_token: tokens, navigation_token: tokens })

export type Page = {
  readonly name: string
  /** Milliseconds that it took. */
  readonly acquire: () => Promise<number>
  readonly generate: () => Promise<number>
}

export const createPage = async ({ name, acquire, generate }: Contestant): Promise<Page> => {
  let held = v.parse(schema, (await acquire()).answer)
  const keep = ({ ms, answer }: Answer): number => {
    held = v.parse(schema, answer)
    return ms
  }
  return {
    name,
    acquire: async () => keep(await acquire()),
    generate: async () => keep(await generate(held)),
  }
}
