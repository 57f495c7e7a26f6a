import { setTimeout as delay } from 'node:timers/promises'
import { TOKEN_TROUBLES, TokenDoor } from '../doors/tokens.ts'
import { REPEATS } from '../faults.ts'
import { Lent } from '../lent.ts'
import type { Trouble } from '../scenario.ts'
import type { World } from '../world.ts'

const doors = new Lent<TokenDoor>()

async function openDoor(world: World): Promise<TokenDoor> {
  const door = await TokenDoor.open()
  world.defer(() => door.close())
  return doors.give(world, door)
}

/** All tokens end in the middle, again and again: each call must get another one. */
async function revoke(world: World): Promise<void> {
  const door = doors.of(world)
  const over = world.faults.begin('tokens revoked', REPEATS.none)
  for (let times = world.between(1, 8); times > 0; times -= 1) {
    door.revoke()
    await delay(world.between(10, 300))
  }
  over()
}

/** Tokens end long before they were said to. */
async function endEarly(world: World): Promise<void> {
  const door = doors.of(world)
  const over = world.faults.begin('tokens end early', REPEATS.none)
  door.lifetime = { seconds: 0.2, told: 3600 }
  door.revoke()
  await delay(world.between(1000, 4000))
  door.lifetime = { seconds: 2, told: 2 }
  over()
}

/** The token endpoint is in trouble, and what it gave is no longer good. */
async function troubleTheEndpoint(world: World): Promise<void> {
  const door = doors.of(world)
  const mood = world.deal(TOKEN_TROUBLES)
  const over = world.faults.begin(`token endpoint ${mood}`, REPEATS.none)
  door.mood = mood
  if (world.random() < 0.7) door.revoke()
  await delay(world.between(300, 4000))
  door.mood = 'fine'
  over()
}

const STRIKES = [revoke, endEarly, troubleTheEndpoint]

export const tokens: Trouble = {
  name: 'tokens',
  title: 'OAuth tokens are revoked and end early, their endpoint refuses, fails and is silent',
  world: { door: openDoor },
  async strike(world) {
    await world.deal(STRIKES)(world)
    if (doors.of(world).granted === 0) world.broken.push('nobody asked for a token')
  },
}
