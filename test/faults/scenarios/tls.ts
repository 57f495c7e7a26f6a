import { setTimeout as delay } from 'node:timers/promises'
import { HANDSHAKE_TROUBLES, TLS_TROUBLES, TlsDoor, type TlsMood } from '../doors/tls.ts'
import { Lent } from '../lent.ts'
import type { Trouble } from '../scenario.ts'

const doors = new Lent<TlsDoor>()

const MOODS = [...TLS_TROUBLES, ...HANDSHAKE_TROUBLES]

const nameOf = (mood: TlsMood) =>
  TLS_TROUBLES.some((trouble) => trouble === mood) ? `certificate ${mood}` : `handshake ${mood}`

export const tls: Trouble = {
  name: 'tls',
  title: 'receivers show certificates that are not to be trusted, and break off handshakes',
  world: { door: async (world) => doors.give(world, await TlsDoor.open(world.folder)) },
  async strike(world) {
    const door = doors.of(world)
    const mood = world.deal(MOODS)
    const over = world.faults.begin(nameOf(mood))
    door.mood = mood
    await delay(world.between(100, 2000))
    const before = world.receivers.reduce((sum, { calls }) => sum + calls, 0)
    await delay(world.between(100, 1500))
    // Those that came meanwhile were let in by whoever trusts what must not be trusted.
    if (world.receivers.reduce((sum, { calls }) => sum + calls, 0) > before)
      world.broken.push(`called in spite of: ${nameOf(mood)}`)
    door.mood = 'fine'
    over()
  },
}
