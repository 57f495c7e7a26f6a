import type { Scenario } from '../scenario.ts'
import { database } from './database.ts'
import { engines } from './engines.ts'
import { failover } from './failover.ts'
import { network } from './network.ts'
import { receivers } from './receivers.ts'

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [engines, receivers, database, network, failover]
