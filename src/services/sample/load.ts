import type { Db } from '../../db/pool.ts'
import { withSampleLock } from '../../db/sample.ts'
import { findService } from '../../db/service.ts'
import { captureTable } from '../capture/index.ts'
import { sampleServices, type SampleService } from './catalogue.ts'
import { fillSample } from './fill.ts'

/** What loading takes from its caller. */
export interface SampleLoad {
  /** `total` grows as more becomes known. */
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/**
 * Loads the sample retailer: schema `sample` with its tables and rows, captured as six services. What is there
 * already stays as it is, so any number of processes may ask at any time; one that was cut short is gone on with.
 * Returns whether there was anything to do. Throws as captureTable does.
 */
export async function loadSampleCatalogue(db: Db, { onProgress, signal }: SampleLoad = {}): Promise<boolean> {
  return withSampleLock(db, async () => {
    let before = 0
    let seen = { done: 0, total: 0 }
    const report = (done: number, total: number) => {
      seen = { done, total }
      onProgress?.(before + done, before + total)
    }
    let changed = await fillSample(db, report)
    for (const service of sampleServices) {
      const known = await findService(db, service.service)
      if (known?.loadedAt) continue
      before += seen.total
      await capture(db, service, report, signal)
      changed = true
    }
    return changed
  })
}

async function capture(
  db: Db,
  { service, title, table, view, key, keyParts, watches, filters }: SampleService,
  report: (done: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  await captureTable(
    db,
    {
      ...{ service, title, key, filters, keyNames: keyParts, wake: true },
      table: `sample.${table}`,
      view: `sample.${view}`,
      watch: watches.map((child) => `sample.${child}:${key.join(',')}`),
    },
    { onProgress: ({ done, total }) => report(done, total), ...(signal && { signal }) },
  )
}
