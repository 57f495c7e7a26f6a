import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { AttemptRecord } from './engine/ports.ts'
import type { Swept } from './engine/sweep.ts'

/** What Prometheus asks for. Labels have few values: which listener it was stands in the attempt's log line. */
export interface Metrics {
  attempt(attempt: AttemptRecord): void
  swept(swept: Swept, seconds: number): void
  /** Asked at each scrape. */
  turnsRunning(count: () => number): void
  /** Asked at each scrape; milliseconds since 1970, null: none. */
  certificatesExpire(earliest: () => Promise<Readonly<Record<'client' | 'ca', number | null>>>): void
  render(): Promise<{ readonly contentType: string; readonly text: string }>
}

const DURATIONS = [0.005, 0.02, 0.1, 0.5, 2, 10, 30]

/** One process's metrics, in a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const attempts = new Counter({
    ...{
      name: 'sincewire_attempts_total',
      help: 'Delivery attempts',
      labelNames: ['kind', 'outcome'],
      registers,
    },
  })
  const records = new Counter({
    name: 'sincewire_records_delivered_total',
    help: 'Records in delivered pages',
    registers,
  })
  const bytes = new Counter({
    name: 'sincewire_bytes_delivered_total',
    help: 'Bytes in delivered bodies',
    registers,
  })
  const attemptSeconds = new Histogram({
    ...{ name: 'sincewire_attempt_seconds', help: 'Duration of an attempt', labelNames: ['kind'], registers },
    buckets: DURATIONS,
  })
  const sweepSeconds = new Histogram({
    ...{ name: 'sincewire_sweep_seconds', help: 'Duration of a sweep', buckets: DURATIONS, registers },
  })
  const claimed = new Counter({
    name: 'sincewire_listeners_polled_total',
    help: 'Listeners that were due',
    registers,
  })
  const queued = new Counter({
    name: 'sincewire_turns_queued_total',
    help: 'Turns queued by sweeps',
    registers,
  })
  return {
    attempt({ call, sent, succeeded, recordCount }) {
      attempts.inc({ kind: call.kind, outcome: succeeded ? 'success' : 'failure' })
      attemptSeconds.observe({ kind: call.kind }, sent.durationMilliseconds / 1000)
      if (!succeeded) return
      records.inc(recordCount ?? 0)
      bytes.inc(call.body.length)
    },
    swept(swept, seconds) {
      sweepSeconds.observe(seconds)
      claimed.inc(swept.claimed)
      queued.inc(swept.queued)
    },
    turnsRunning(count) {
      const gauge = new Gauge({
        ...{ name: 'sincewire_turns_running', help: 'Turns that run or wait for their host', registers },
        collect() {
          gauge.set(count())
        },
      })
    },
    certificatesExpire(earliest) {
      const gauge = new Gauge({
        name: 'sincewire_certificate_expiry_timestamp_seconds',
        help: "When the first of the credentials' certificates expires, in seconds since 1970",
        labelNames: ['use'],
        registers,
        async collect() {
          // While the database does not answer the last figures stand: a scrape has others to tell.
          const found = await earliest().catch(() => undefined)
          if (!found) return
          gauge.reset()
          for (const [use, at] of Object.entries(found)) if (at !== null) gauge.set({ use }, at / 1000)
        },
      })
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
