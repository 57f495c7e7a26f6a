import type { DbOrTx } from '../../db/pool.ts'
import { readSampleDocuments } from '../../db/sample.ts'
import { sampleService } from './catalogue.ts'

/** What a sample service should have published, from its tables: document by key, its parts joined by commas. */
export async function sampleDocuments(
  db: DbOrTx,
  service: string,
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  const { view, key } = sampleService(service)
  const documents = await readSampleDocuments(db, view, key)
  return new Map(documents.map(({ key, document }) => [key, JSON.parse(document) as Record<string, unknown>]))
}
