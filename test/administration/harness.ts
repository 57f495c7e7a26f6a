import { randomBytes } from 'node:crypto'
import { createRooms } from '../../src/app/rooms.ts'
import type { Base } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { createApi, type ApiOptions } from '../../src/http/api.ts'
import { listen } from '../../src/http/server.ts'
import { createLog } from '../../src/log.ts'
import { createMetrics } from '../../src/metrics.ts'
import { createVault } from '../../src/secrets/vault.ts'
import { cleanUp, type TestDatabase } from '../support/index.ts'

export const OPERATIONS = '/MerchIntegrations/services/administration/operations'
export const PRIVATE = '/RmsReSTServices/services/private'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // eslint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

/** All rooms of the app on a real port over a test database; no engine. */
export async function serveAll(database: TestDatabase, options: Partial<ApiOptions> = {}) {
  let origin = ''
  const config = loadConfig({})
  const base = {
    ...{ config, log: createLog('silent'), databaseUrl: database.url },
    ...{ apiDb: database.db, engineDb: database.db, vault: createVault({ key: randomBytes(32) }) },
    metrics: createMetrics(),
    publicUrl: () => origin,
  } satisfies Base
  const api = createApi({
    log: base.log,
    adminKey: undefined,
    readiness: () => Promise.resolve('ready'),
    rooms: createRooms(base),
    ...options,
  })
  const server = await listen(api, '127.0.0.1', 0)
  origin = `http://127.0.0.1:${server.port}`
  cleanUp(() => server.close(0))

  const call = async (
    method: string,
    place: string,
    init: Omit<RequestInit, 'method'> = {},
  ): Promise<Answered> => {
    const response = await fetch(place.startsWith('http') ? place : `${origin}${place}`, { method, ...init })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    }
  }
  const get = (place: string) => call('GET', place)
  const send = (method: string, place: string, body: unknown) =>
    call(method, place, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  return { api, origin, call, get, send }
}
