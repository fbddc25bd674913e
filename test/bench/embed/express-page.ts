// A page at the Express server. The time is the one inside the server, as the broker's is: the way from
// the page to either of them counts for none.
import type { ExpressServer } from './express-server.ts'
import type { Answer, Contestant } from './page.ts'

export const createExpressContestant = (
  { url, nextAnswerMs }: ExpressServer,
  userAgent: string,
): Contestant => {
  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const answered = nextAnswerMs()
    const reply = await fetch(url + path, {
      ...init,
      headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    })
    if (!reply.ok) throw new Error(`the Express server answered ${reply.status}`)
    return { ms: await answered, answer: await reply.json() }
  }
  return {
    name: 'Express',
    acquire: () => ask('/acquire-embed-session', { method: 'GET' }),
    generate: (tokens) =>
      ask('/generate-embed-tokens', { method: 'PUT', body: JSON.stringify(tokens) }),
  }
}
