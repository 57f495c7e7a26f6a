import { describe, expect, test } from 'vitest'
import { clientRoles, mayAct, type ClientRole } from '../../src/domain/caller.ts'
import { roleFor } from '../../src/http/access/roles.ts'
import { fetchAsAdmin, testApp, testDatabase } from '../support/index.ts'
import { clientsOf } from './support.ts'

interface Operation {
  readonly security?: readonly unknown[]
  readonly requestBody?: object
}

const database = await testDatabase()
const app = await testApp(database.url, {}, { role: 'api' })
const { keyOf } = clientsOf(database)
const keys = Object.fromEntries(
  await Promise.all(clientRoles.map(async (role) => [role, await keyOf(`a-${role}`, role)] as const)),
) as Record<ClientRole, string>
const document = (await (await fetchAsAdmin(`${app.url}/openapi.json`)).json()) as {
  paths: Record<string, Record<string, Operation>>
}
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)
const closed = operations.filter(({ operation }) => operation.security?.length !== 0)

test('nothing but the health checks is open', () => {
  const open = operations.filter((each) => !closed.includes(each)).map(({ path }) => path)
  expect(open).toEqual(['/healthz', '/readyz'])
  expect(closed.length).toBeGreaterThan(25)
})

describe.for(closed)('$method $path', ({ method, path, operation }) => {
  const call = async (key?: string, as = method) => {
    // As little as will do to be judged: input is looked at behind the door only.
    const answer = await fetch(`${app.url}${path.replace(/\{\w+\}/g, 'none')}`, {
      method: as,
      headers: {
        ...(key !== undefined && { 'x-api-key': key }),
        ...(operation.requestBody && { 'content-type': 'application/json' }),
      },
      ...(operation.requestBody && { body: '{"nonsense":1}' }),
    })
    return { status: answer.status, body: await answer.text() }
  }

  test('has a role, asks who calls, and answers those whose role is enough and nobody else', async () => {
    const needed = roleFor(`${method} ${path}`)
    expect(needed).toBeDefined()
    expect(await call()).toMatchObject({ status: 401, body: expect.stringContaining('"status":"ERROR"') })
    if (method === 'GET' && needed === 'admin') expect((await call(keys.operator, 'HEAD')).status).toBe(403)
    for (const role of clientRoles) {
      const { status, body } = await call(keys[role])
      if (mayAct(role, needed!))
        expect([role, status, body]).not.toEqual([role, expect.toBeOneOf([401, 403]), body])
      else
        expect([role, status, JSON.parse(body)]).toEqual([
          role,
          403,
          { status: 'ERROR', message: expect.any(String) },
        ])
    }
  })
})
