// A proxy in front of DynamoDB Local that applies a request and then loses the reply, as a network may.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** `reset`: the connection breaks after the request was applied. `silence`: nothing ever comes back. */
export type Loss = 'reset' | 'silence'

export type LossyProxy = {
  readonly endpoint: string
  /** The next request of this operation (`UpdateItem`) is applied, and its reply lost. */
  readonly loseNext: (operation: string, loss: Loss) => void
  /** How often each operation arrived, repetitions included. */
  readonly arrived: (operation: string) => number
  readonly stop: () => Promise<void>
}

export const startLossyProxy = async (target: string): Promise<LossyProxy> => {
  const losses = new Map<string, Loss>()
  const counts = new Map<string, number>()

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    counts.set(operation, (counts.get(operation) ?? 0) + 1)
    const loss = losses.get(operation)
    losses.delete(operation)
    const reply = await forward(target, request)
    if (loss === 'reset') request.socket.destroy()
    if (loss === undefined) response.writeHead(reply.status, reply.headers).end(reply.body)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    endpoint: `http://127.0.0.1:${port}`,
    loseNext: (operation, loss) => losses.set(operation, loss),
    arrived: (operation) => counts.get(operation) ?? 0,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const passedOn = ['authorization', 'content-type', 'x-amz-date', 'x-amz-target']

const forward = async (target: string, request: IncomingMessage) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const headers = passedOn.map((name): [string, string] => [
    name,
    String(request.headers[name] ?? ''),
  ])
  const reply = await fetch(target, { method: 'POST', headers, body: Buffer.concat(chunks) })
  const type = reply.headers.get('content-type') ?? 'application/x-amz-json-1.0'
  return {
    status: reply.status,
    headers: { 'content-type': type },
    body: Buffer.from(await reply.arrayBuffer()),
  }
}
