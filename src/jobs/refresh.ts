import type { PgBoss } from 'pg-boss'
import { KeyedJobs, type KeyedOptions, type KeyedPorts } from './keyed.ts'

/** A job for each service with an open refresh request. */
export function createRefreshJobs(
  boss: PgBoss,
  ports: KeyedPorts,
  options: Omit<KeyedOptions, 'queue'>,
): KeyedJobs {
  return new KeyedJobs(boss, ports, { queue: 'refresh', ...options })
}
