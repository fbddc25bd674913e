import { expect, test } from 'vitest'
import { createBase } from '../../lib/tokens/base.ts'
import type { Demand } from '../../lib/tokens/decide.ts'
import type { Principal } from '../../lib/tokens/principal.ts'
import { left, service, tokenWith } from './samples.ts'

const user = { ...service, userId: '5', workspace: 'dev' as const }

const setUp = (marginMs = 30_000) => {
  const asked: { principal: Principal; demand: Demand }[] = []
  const recording = async (principal: Principal, demand: Demand) => {
    asked.push({ principal, demand })
    return tokenWith({ generation: asked.length })
  }
  const settings = { marginMs, loginBudgetMs: 20_000 }
  return { asked, base: createBase({ getToken: recording, settings }, user, left(12_000)) }
}

const getToken = async () => tokenWith()

test('the service account needs no base', () => {
  const settings = { marginMs: 30_000, loginBudgetMs: 5_000 }

  expect(createBase({ getToken, settings }, service, left(12_000))).toBeUndefined()
})

test('the base is the production token of the service account, had once', async () => {
  const { base, asked } = setUp()

  await base?.find()
  await base?.find()

  expect(asked).toEqual([{ principal: service, demand: { minTtlMs: 0 } }])
  expect(base?.token()?.generation).toBe(1)
})

test('the base outlasts the login of the user, also with a margin shorter than that', async () => {
  const { base, asked } = setUp(10_000)

  await base?.find()

  expect(asked).toMatchObject([{ demand: { minTtlMs: 20_000 } }])
})

test('a base is replaced once, with the report of the one that Looker refused', async () => {
  const { base, asked } = setUp()
  await base?.find()

  const replaced = [await base?.replace(), await base?.replace()]

  expect(replaced).toEqual([true, false])
  expect(asked).toHaveLength(2)
  expect(asked[1]?.demand.refusedDigest).toBe(tokenWith().secret.digest())
  expect(base?.token()?.generation).toBe(2)
})
