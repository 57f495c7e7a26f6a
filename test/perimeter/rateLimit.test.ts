import { OpenAPIHono } from '@hono/zod-openapi'
import { expect, test } from 'vitest'
import type { Caller } from '../../src/domain/caller.ts'
import { limitRequests } from '../../src/http/rateLimit.ts'
import type { ApiEnv } from '../../src/http/room.ts'
import { serveApi } from '../support/index.ts'

const ACCEPTED = 200

/** As behind authentication: whoever a request says it is. */
function limited(perMinute: number) {
  const api = new OpenAPIHono<ApiEnv>()
  api.use((c, next) => {
    const [via, client] = c.req.header('as')!.split(' ') as [Caller['via'], string]
    c.set('caller', { client, via, role: 'reader', services: null, address: '192.0.2.1' })
    return next()
  })
  api.use(limitRequests(perMinute))
  api.get('/ok', (c) => c.text('ok'))
  return async (as: string) => {
    const answer = await api.request('/ok', { headers: { as } })
    const [limit, remaining, reset, retryAfter] = [
      'ratelimit-limit',
      'ratelimit-remaining',
      'ratelimit-reset',
      'retry-after',
    ].map((name) => Number(answer.headers.get(name))) as [number, number, number, number]
    return { status: answer.status, limit, remaining, reset, retryAfter, text: await answer.text() }
  }
}

test('a client learns how much it has left, and is refused with Retry-After when that is nothing', async () => {
  const ask = limited(3)
  const answers = [await ask('apiKey a'), await ask('basic a'), await ask('apiKey a'), await ask('apiKey a')]
  expect(answers.map(({ status, limit, remaining }) => [status, limit, remaining])).toEqual([
    [ACCEPTED, 3, 2],
    [ACCEPTED, 3, 1],
    [ACCEPTED, 3, 0],
    [429, 3, 0],
  ])
  const refused = answers.at(-1)!
  expect(refused.retryAfter).toBe(refused.reset)
  expect(refused.reset).toBeGreaterThanOrEqual(1)
  expect(refused.reset).toBeLessThanOrEqual(60)
  expect(JSON.parse(refused.text)).toEqual({ status: 'ERROR', message: 'More than 3 requests in a minute' })
})

test('clients are counted each for itself, also when a token bears the name of a client', async () => {
  const ask = limited(1)
  const callers = ['apiKey a', 'apiKey b', 'bearer a', 'adminKey a']
  for (const status of [ACCEPTED, 429]) {
    for (const caller of callers) expect([caller, (await ask(caller)).status]).toEqual([caller, status])
  }
})

test('health checks are never limited', async () => {
  const { url } = await serveApi({ rooms: [] }, { 'limits.requestsPerMinute': 1 })
  for (let i = 0; i < 5; i++) {
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  }
})
