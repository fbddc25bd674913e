// The broker as its callers see it: takes their steps at the real functions, and checks every answer against
// what was asked, by whom, and what Looker really gave.
import * as v from 'valibot'
import { expect } from 'vitest'
import type { Kind } from '../scenarios/embed-stage.ts'
import { ended, generated, problem } from './embed-bodies.ts'
import { acquireIn } from './embed-model-acquire.ts'
import { createModelWorld, placeOf } from './embed-model-world.ts'
import type { ModelWorld } from './embed-model-world.ts'
import type { By, Step } from './embed-steps.ts'

export const createModel = async (kind: Kind) => {
  const world = await createModelWorld(kind)
  return {
    take: (one: Step): Promise<void> => take(world, one),
    recover: (): Promise<void> => recover(world),
  }
}

type StepOf<D extends Step['do']> = Extract<Step, { readonly do: D }>

const generate = async (world: ModelWorld, by: By, back: number): Promise<void> => {
  const { memories, kind, check, checkOwner, ownerOf } = world
  const given = memories.given.at(-1 - back)?.tokens
  if (!given || !('api_token' in given)) return
  const { api_token, navigation_token, session } = given
  const held = kind === 'client' ? { session } : {}
  const body = { api_token, navigation_token, ...held }
  const asked = world.processOf(by).ask('generate', world.visitOf(by), body)
  const reply = await world.clock.run(asked)
  check('generate', reply)
  const answer = v.parse(generated, reply.answer)
  if (!('api_token' in answer)) return
  memories.given.push({ by, tokens: answer })
  if (answer.api_token === api_token && answer.navigation_token === navigation_token) return
  const sent = ownerOf(api_token)
  for (const token of [answer.api_token, answer.navigation_token]) {
    expect(checkOwner(by, token).id).toBe(sent.id)
  }
  if (kind !== 'client') expect(memories.closed.has(sent.id)).toBe(false)
}

/** The page that the tokens are of, at times: whoever else asks with them is told that all is over. */
const pageOf = ({ memories }: ModelWorld, one: StepOf<'generate'> | StepOf<'end'>): By => {
  const back = one.do === 'generate' ? one.tokens : 0
  const given = one.byOwner ? memories.given.at(-1 - back) : undefined
  return given ? { ...given.by, age: 0, process: one.by.process } : one.by
}

const readEnd = (reply: unknown): { readonly answer: unknown; readonly isDone: boolean } => {
  const http = v.safeParse(v.object({ status: v.number(), answer: v.unknown() }), reply)
  if (http.success && 'text' in Object(reply)) {
    return { answer: http.output.answer, isDone: http.output.status === 200 }
  }
  return { answer: reply, isDone: !v.is(problem, reply) }
}

const end = async (world: ModelWorld, one: StepOf<'end'>): Promise<void> => {
  const { memories, processOf, visitOf, itemOf, clock, stage } = world
  const by = pageOf(world, one)
  const item = await itemOf(by)
  const nowAtMs = clock.now()
  // Other faults stay as they are: this one is taken back together with all.
  const isUnconfirmed = one.unconfirmed && !memories.faulty
  if (isUnconfirmed) {
    stage.looker.setFault('delete_embed_cookieless_session', { kind: 'status', status: 403 })
  }
  const asked = one.administrator
    ? processOf(by).direct('session', visitOf(by), { action: 'end', by: 'administrator' })
    : processOf(by).ask('end', visitOf(by))
  const reply = await clock.run<unknown>(asked)
  if (isUnconfirmed) stage.looker.clearFaults()
  memories.standing.delete(placeOf(by))
  const { answer, isDone } = readEnd(reply)
  if (!isDone) {
    v.parse(problem, answer)
    return
  }
  v.parse(ended, answer)
  if (!item?.sealed || item.ended) return
  if (item.sessionId !== undefined) memories.closed.add(item.sessionId)
  if (one.administrator) memories.barred.set(placeOf(by), nowAtMs)
}

const heal = ({ stage, faults, memories }: ModelWorld): void => {
  stage.looker.clearFaults()
  stage.kms.enable()
  faults.failing.clear()
  faults.losing.clear()
  memories.faulty = false
}

const failLooker = ({ stage, memories }: ModelWorld, one: StepOf<'Looker fails'>): void => {
  memories.faulty = true
  const { kind } = one.fault
  if (kind === 'malformed-json' || kind === 'empty-body') memories.hidden = true
  const isOfLogin = one.target === 'every' || one.target === 'login'
  if (isOfLogin && kind === 'status') memories.refused = true
  if (one.once) stage.looker.queueFaults(one.target, one.fault)
  else stage.looker.setFault(one.target, one.fault)
}

const failTable = ({ faults, memories }: ModelWorld, one: StepOf<'table fails'>): void => {
  memories.faulty = true
  if (one.failure === 'lost') faults.losing.add(one.operation)
  else faults.failing.set(one.operation, one.failure)
}

const askState = async (world: ModelWorld, by: By): Promise<void> => {
  const asked = world.processOf(by).ask('state', world.visitOf(by))
  world.check('state', await world.clock.run(asked))
}

const take = async (world: ModelWorld, one: Step): Promise<void> => {
  const { clock, stage, memories, signIn } = world
  switch (one.do) {
    case 'acquire':
      return acquireIn(world, one.by)
    case 'generate':
      return generate(world, pageOf(world, one), one.tokens)
    case 'state':
      return askState(world, one.by)
    case 'end':
      return end(world, one)
    case 'role':
      clock.skip(1_000)
      return signIn(one.user, { role: one.role })
    case 'sign in':
      clock.skip(1_000)
      return signIn(one.user, { auth_time: world.nowInSeconds() })
    case 'wait':
      return clock.skip(one.ms)
    case 'cold start':
      return world.coldStart(one.process)
    case 'Looker fails':
      return failLooker(world, one)
    case 'table fails':
      return failTable(world, one)
    case 'keys fail':
      memories.faulty = true
      return stage.kms.disable()
    case 'Looker forgets all':
      return stage.looker.state.embed.sessions.endAll()
    case 'heal':
      return heal(world)
  }
}

/** Whatever happened: once all is well, whoever signs in anew is served. */
const recover = async (world: ModelWorld): Promise<void> => {
  const { clock, memories, signIn } = world
  heal(world)
  clock.skip(memories.refused ? 901_000 : 61_000)
  for (const of of [0, 1] as const) signIn(of, { auth_time: world.nowInSeconds() })
  clock.skip(1_000)
  for (const of of [0, 1] as const) {
    const by = { user: of, browser: of, age: 0, process: of }
    const before = memories.given.length
    await acquireIn(world, [by])
    expect(memories.given.length, 'no answer although all is well').toBe(before + 1)
    await generate(world, by, 0)
    const next = memories.given.at(-1)?.tokens
    expect(next !== undefined && 'api_token' in next && next.api_token_ttl).toBeGreaterThan(500)
    expect(next).not.toHaveProperty('authentication_token')
  }
}
