import type { World } from './world.ts'

/** What a scenario has lent to each of its worlds. */
export class Lent<T> {
  readonly #things = new WeakMap<World, T>()

  give<U extends T>(world: World, thing: U): U {
    this.#things.set(world, thing)
    return thing
  }

  of(world: World): T {
    const thing = this.#things.get(world)
    if (thing === undefined) throw new Error('nothing was given to this world')
    return thing
  }
}
