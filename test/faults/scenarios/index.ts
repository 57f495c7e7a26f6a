import type { Scenario } from '../scenario.ts'
import { clock } from './clock.ts'
import { database } from './database.ts'
import { disk } from './disk.ts'
import { embedded } from './embedded.ts'
import { engines } from './engines.ts'
import { failover } from './failover.ts'
import { load } from './load.ts'
import { names } from './names.ts'
import { network } from './network.ts'
import { overload } from './overload.ts'
import { owner } from './owner.ts'
import { receivers } from './receivers.ts'
import { tls } from './tls.ts'
import { tokens } from './tokens.ts'
import { upgrade } from './upgrade.ts'

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  engines,
  embedded,
  upgrade,
  owner,
  receivers,
  tls,
  tokens,
  names,
  database,
  network,
  clock,
  failover,
  disk,
  load,
  overload,
]
