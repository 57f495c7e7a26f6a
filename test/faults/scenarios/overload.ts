import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { webhooks } from '../../support/api.ts'
import { eventually } from '../../support/eventually.ts'
import { Hall, makeFeeds, quantile, registerCrowd, writeSteadily } from '../crowd.ts'
import type { Measured, RunOptions, Scenario } from '../scenario.ts'
import { World } from '../world.ts'

const LISTENERS = 200
const SERVICES = 5
const PER_HOST = 10
const ENGINE_SLOTS = 8
/** So that eight slots serve about thirty listeners a second, of two hundred that want it every second. */
const ANSWER_MILLISECONDS = 250
const WRITE_EVERY_MILLISECONDS = 100
const WARM_UP_MILLISECONDS = 15_000
/** Of the engine's memory, from the first quarter of the time to the last. */
const ALLOWED_GROWTH = 1.15
/** Of the longest a listener waited between two calls, to the median of all waits: who waits longest goes first. */
const ALLOWED_UNFAIRNESS = 2.5
const API_MILLISECONDS = 1000

/** Notes when each listener was called, and the last value of each key that it got. */
class Arrivals {
  readonly values = new Map<string, Map<string, number>>()
  readonly #last = new Map<string, number>()
  /** Milliseconds between two calls of the same listener. */
  waits: number[] = []

  note(listener: string, body: string): void {
    const now = performance.now()
    const held = this.values.get(listener) ?? new Map<string, number>()
    this.values.set(listener, held)
    for (const [, key, value] of body.matchAll(/"id" : "([^"]+)", "value" : (\d+)/g))
      held.set(key!, Number(value))
    this.waits.push(now - (this.#last.get(listener) ?? now))
    this.#last.set(listener, now)
  }
}

async function measureOverload({ seed, seconds = 30 }: RunOptions): Promise<Measured> {
  const surroundings = () => ({ SINCEWIRE_ENGINE_CONCURRENCY: String(ENGINE_SLOTS) })
  await using world = await World.open({ seed, engines: 1, pageLimits: [], surroundings })
  const arrivals = new Arrivals()
  const urls: string[] = []
  let answerMilliseconds = ANSWER_MILLISECONDS
  for (let host = 0; host < LISTENERS / PER_HOST; host += 1) {
    const hall = new Hall(
      () => answerMilliseconds,
      (path, body) => arrivals.note(path, body),
    )
    await hall.open()
    world.defer(() => hall.close())
    for (let n = 0; n < PER_HOST; n += 1) urls.push(hall.url(`/${host * PER_HOST + n}`))
  }
  const feeds = await makeFeeds(world, SERVICES)
  await registerCrowd(world, urls, feeds)
  await writeSteadily(feeds, WARM_UP_MILLISECONDS, WRITE_EVERY_MILLISECONDS)
  arrivals.waits = []
  const stop = new AbortController()
  const watching = Promise.all([
    watchMemory(world, stop.signal),
    watchApi(world, feeds[0]!.service, stop.signal),
  ])
  await writeSteadily(feeds, seconds * 1000, WRITE_EVERY_MILLISECONDS)
  stop.abort()
  const [memory, api] = await watching
  const waits = arrivals.waits
  answerMilliseconds = 0
  const missing = await waitForAll(world, arrivals)
  return report({ waits, memory, api, missing })
}

/** Megabytes that the engine's process holds, about once a second. */
async function watchMemory(world: World, signal: AbortSignal): Promise<number[]> {
  const samples: number[] = []
  while (!signal.aborted) {
    const status = readFileSync(`/proc/${world.engines[0]!.pid}/status`, 'utf8')
    samples.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)
    await delay(1000, undefined, { signal }).catch(() => {})
  }
  return samples
}

/** Milliseconds that the API took for each of many small questions, one after the other. */
async function watchApi(world: World, service: string, signal: AbortSignal): Promise<number[]> {
  const samples: number[] = []
  while (!signal.aborted) {
    const start = performance.now()
    await webhooks(world.apiUrl, service)
    samples.push(performance.now() - start)
    await delay(50, undefined, { signal }).catch(() => {})
  }
  return samples
}

/** Waits until every listener has what the tables hold; the listeners that do not at the deadline. */
async function waitForAll(world: World, { values }: Arrivals): Promise<readonly string[]> {
  const truths: Map<string, number>[] = []
  for (let i = 0; i < SERVICES; i += 1) {
    const rows = await world.postgres.run(
      'sincewire',
      `select key, (document ->> 'value')::int as value from sincewire_feed.crowd_${i}`,
    )
    truths.push(new Map(rows.map(({ key, value }) => [String(key), Number(value)])))
  }
  const holds = (n: number) => isDeepStrictEqual(values.get(`/${n}`), truths[n % SERVICES])
  const missing = () => Array.from({ length: LISTENERS }, (_, n) => n).filter((n) => !holds(n))
  await eventually(() => missing().length === 0, 60_000, 100).catch(() => {}) // the report says it
  return missing().map((n) => `crowd ${n}`)
}

interface Seen {
  readonly waits: readonly number[]
  readonly memory: readonly number[]
  readonly api: readonly number[]
  readonly missing: readonly string[]
}

function report({ waits, memory, api, missing }: Seen): Measured {
  const quarters = [0, 1, 2, 3].map((n) =>
    quantile(memory.slice((n * memory.length) / 4, ((n + 1) * memory.length) / 4), 0.5),
  )
  const [early, late] = [quarters[0]!, quarters[3]!]
  const [usual, longest] = [quantile(waits, 0.5), Math.max(...waits)]
  const p99 = quantile(api, 0.99)
  return {
    lines: [
      `  listeners       ${LISTENERS} that all have something due all the time; ${ENGINE_SLOTS} slots, ${ANSWER_MILLISECONDS} ms a call`,
      `  engine's memory ${quarters.map((mb) => mb.toFixed(0)).join(', ')} MB in the quarters of the time, at most ${Math.max(...memory).toFixed(0)} MB`,
      `  turns           a listener was called every ${(usual / 1000).toFixed(1)} s at the median, after ${(longest / 1000).toFixed(1)} s at the longest (${waits.length} calls)`,
      `  API             p50 ${quantile(api, 0.5).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms (${api.length} calls)`,
      `  dropped         ${missing.length}`,
    ],
    broken: [
      ...(late > early * ALLOWED_GROWTH ? [`memory grew from ${early} to ${late} MB`] : []),
      ...(longest > usual * ALLOWED_UNFAIRNESS ? [`a listener waited ${longest} ms, most ${usual} ms`] : []),
      ...(p99 > API_MILLISECONDS ? [`the API took ${p99} ms`] : []),
      ...missing.map((name) => `lost: ${name}`),
    ],
  }
}

export const overload: Scenario = {
  name: 'overload',
  title: 'more is due than can be sent: memory, turns, the API, and whether anything is dropped',
  measure: measureOverload,
}
