import type { Scenario } from '../scenario.ts'
import { engines } from './engines.ts'
import { receivers } from './receivers.ts'

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [engines, receivers]
