import type { Config } from '../config.ts'
import type { Db } from '../db/pool.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Vault } from '../secrets/vault.ts'
import type { AuditTrail } from '../services/audit/index.ts'

/** What the parts above the database are made of. Complete once the database part has started. */
export interface Base {
  readonly config: Config
  readonly log: Log
  readonly databaseUrl: string
  /** For the API: queries that run too long are ended. */
  readonly apiDb: Db
  /** For the engine. */
  readonly engineDb: Db
  readonly vault: Vault
  /** What the API's calls leave behind; written by a part of its own. */
  readonly audit: AuditTrail
  readonly metrics: Metrics
  /** Under which receivers reach the API; no slash at the end. */
  publicUrl(): string
}

/** What the engine is made of: it answers no calls, so it leaves no audit. */
export type EngineBase = Omit<Base, 'apiDb' | 'audit'>
