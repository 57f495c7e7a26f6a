import { randomBytes } from 'node:crypto'
import type { ClientGrant } from '../../src/domain/access/client.ts'
import type { ClientRole } from '../../src/domain/caller.ts'
import { createClientServices } from '../../src/services/access/index.ts'
import type { TestDatabase } from '../support/index.ts'

export const OPERATIONS = '/MerchIntegrations/services/administration/operations'
/** An operation for every reader. */
export const READ = `${OPERATIONS}/batchRunStatus`

/** The verbs about clients, on a test database. */
export function clientsOf(database: TestDatabase) {
  const clients = createClientServices({ db: database.db, random: randomBytes })
  return {
    ...clients,
    /** A new client's key. */
    async keyOf(name: string, role: ClientRole, limits: Partial<ClientGrant> = {}): Promise<string> {
      const grant = { services: null, addresses: null, ...limits }
      return (await clients.addClient({ name, role, ...grant, expiresAt: null })).key
    },
  }
}

/** The status of a call with a key, a GET unless a body is given. */
export async function statusOf(url: string, key: string): Promise<number> {
  const answer = await fetch(url, { headers: { 'x-api-key': key } })
  await answer.body?.cancel()
  return answer.status
}

/** Where the secret begins in a key; it may hold the sign that parts it from the id. */
export const SECRET_AT = 'sw_0123456789abcdef_'.length

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
