import type { PgBoss } from 'pg-boss'
import { KeyedJobs, type KeyedPorts } from './keyed.ts'

/** Deferred services that one process works on at the same time. Each has as many takers as its settings say. */
const SERVICES = 8

/** A job for each deferred service whose change log has something in it. */
export function createDeltaJobs(boss: PgBoss, ports: KeyedPorts, pollMilliseconds: number): KeyedJobs {
  return new KeyedJobs(boss, ports, { queue: 'delta', concurrency: () => SERVICES, pollMilliseconds })
}
