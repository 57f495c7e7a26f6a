import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** What the network does with what passes. */
export type Weather =
  | { readonly kind: 'fair' }
  /** Connections break, new ones are refused at once. */
  | { readonly kind: 'cut' }
  /** Everything arrives, later by so many milliseconds. */
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** Nothing passes and nobody is told; what was sent arrives when the weather changes. */
  | { readonly kind: 'silent' }

/** A small TCP proxy on a port of its own, so that a server may move and the network may misbehave. */
export class Proxy {
  readonly port: number
  readonly #server
  readonly #pairs = new Set<Pair>()
  readonly #target: () => number | undefined
  #weather: Weather = { kind: 'fair' }

  private constructor(server: ReturnType<typeof createServer>, target: () => number | undefined) {
    this.#server = server
    this.#target = target
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => this.#open(socket))
  }

  /** `target`: the port of the server at this moment; undefined: none. */
  static async start(target: () => number | undefined): Promise<Proxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Proxy(server, target)
  }

  set weather(weather: Weather) {
    this.#weather = weather
    if (weather.kind === 'cut') this.cut()
    for (const pair of this.#pairs) pair.weather = weather
  }

  /** Breaks the connections that are open now. */
  cut(): void {
    for (const pair of this.#pairs) pair.close()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }

  #open(near: Socket): void {
    const port = this.#target()
    near.on('error', () => {})
    if (this.#weather.kind === 'cut' || port === undefined) {
      near.resetAndDestroy()
      return
    }
    const pair = new Pair(near, connect({ host: '127.0.0.1', port, noDelay: true }), this.#weather)
    this.#pairs.add(pair)
    near.once('close', () => this.#pairs.delete(pair))
  }
}

/** One connection and its continuation. */
class Pair {
  readonly #near: Socket
  readonly #far: Socket
  #weather: Weather
  #clears = Promise.withResolvers<void>()

  constructor(near: Socket, far: Socket, weather: Weather) {
    this.#near = near.setNoDelay(true)
    this.#far = far
    this.#weather = weather
    void this.#carry(near, far)
    void this.#carry(far, near)
    for (const socket of [near, far]) {
      socket.on('error', () => {})
      socket.once('close', () => this.close())
    }
  }

  set weather(weather: Weather) {
    this.#weather = weather
    this.#clears.resolve()
    this.#clears = Promise.withResolvers()
  }

  close(): void {
    this.#clears.resolve()
    this.#near.destroy()
    this.#far.destroy()
  }

  async #carry(from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        if (this.#weather.kind === 'slow') await delay(this.#weather.milliseconds)
        while (this.#weather.kind === 'silent' && !to.destroyed) await this.#clears.promise
        if (!to.destroyed && !to.write(chunk as Buffer))
          await Promise.race([once(to, 'drain'), once(to, 'close')])
      }
      to.end()
    } catch {
      this.close()
    }
  }
}
