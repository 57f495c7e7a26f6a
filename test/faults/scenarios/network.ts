import { setTimeout as delay } from 'node:timers/promises'
import { REPEATS } from '../faults.ts'
import type { Weather } from '../proxy.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'
import { FROZEN_MILLISECONDS } from './engines.ts'

async function weather(world: World, kind: string, bad: Weather, milliseconds: number): Promise<void> {
  const over = world.faults.begin(kind, bad.kind === 'slow' ? REPEATS.none : REPEATS.away)
  world.line.weather = bad
  await delay(milliseconds)
  world.line.weather = { kind: 'fair' }
  over()
}

/** Connections between the service and its database break, all at once. */
export function cutOnce(world: World): void {
  world.faults.at('network broke', REPEATS.away)
  world.line.cut()
}

const STRIKES: readonly ((world: World) => Promise<void> | void)[] = [
  cutOnce,
  (world) => weather(world, 'network cut', { kind: 'cut' }, world.between(200, 3000)),
  (world) => weather(world, 'network slow', { kind: 'slow', milliseconds: world.between(5, 80) }, 3000),
  (world) => weather(world, 'network silent', { kind: 'silent' }, world.between(500, 4000)),
  (world) => weather(world, 'network long silent', { kind: 'silent' }, FROZEN_MILLISECONDS),
]

export const network: Trouble = {
  name: 'network',
  title: 'the network between the service and PostgreSQL is cut, slow, or silent',
  strike: async (world) => world.deal(STRIKES)(world),
}
