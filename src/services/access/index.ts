import { listClients } from '../../db/client.ts'
import type { Client, ClientGrant } from '../../domain/access/client.ts'
import { createKeyHasher } from '../../secrets/keyHash.ts'
import {
  addClient,
  changeClient,
  revokeClient,
  rotateKey,
  type ClientDeps,
  type NewClient,
  type Rotation,
  type WithKey,
} from './manage.ts'

export type { NewClient, Rotation, WithKey } from './manage.ts'

/** The verbs about clients, as a front door gets them. */
export interface ClientServices {
  listClients(): Promise<readonly Client[]>
  addClient(client: NewClient): Promise<WithKey>
  changeClient(name: string, change: Partial<ClientGrant>): Promise<Client>
  rotateKey(name: string, rotation: Rotation): Promise<WithKey>
  revokeClient(name: string, keyId?: string): Promise<Client>
}

/** Binds the verbs about clients. `hasher`: the process's own, where it has one. */
export function createClientServices(
  parts: Omit<ClientDeps, 'hasher'> & Partial<Pick<ClientDeps, 'hasher'>>,
): ClientServices {
  const deps = { ...parts, hasher: parts.hasher ?? createKeyHasher() }
  return {
    listClients: () => listClients(deps.db),
    addClient: (client) => addClient(deps, client),
    changeClient: (name, change) => changeClient(deps, name, change),
    rotateKey: (name, rotation) => rotateKey(deps, name, rotation),
    revokeClient: (name, keyId) => revokeClient(deps, name, keyId),
  }
}
