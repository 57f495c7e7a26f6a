import type { Scenario } from '../scenario.ts'
import { database } from './database.ts'
import { disk } from './disk.ts'
import { engines } from './engines.ts'
import { failover } from './failover.ts'
import { load } from './load.ts'
import { network } from './network.ts'
import { owner } from './owner.ts'
import { receivers } from './receivers.ts'

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  engines,
  owner,
  receivers,
  database,
  network,
  failover,
  disk,
  load,
]
