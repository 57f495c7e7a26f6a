import { isDeepStrictEqual } from 'node:util'
import { sampleDocuments } from '../../services/sample/documents.ts'
import type { Receiver } from '../listen/receiver.ts'
import type { Stage } from './stage.ts'

/** A listener's records beside the documents that the tables make now. */
export interface Comparison {
  readonly listenerName: string
  readonly service: string
  readonly records: number
  readonly rows: number
  /** Keys of which one side has nothing or something else. */
  readonly different: readonly string[]
}

export async function compare(
  db: Stage['db'],
  receiver: Receiver,
  { listenerName, service }: { readonly listenerName: string; readonly service: string },
): Promise<Comparison> {
  const documents = await sampleDocuments(db, service)
  const records = receiver.records(listenerName)
  const keys = new Set([...documents.keys(), ...records.keys()])
  const different = [...keys].filter(
    (key) => !isDeepStrictEqual(withoutMarks(records.get(key)), documents.get(key)),
  )
  return { listenerName, service, records: records.size, rows: documents.size, different }
}

/** A record without what publishing adds to a document. */
function withoutMarks(record: Readonly<Record<string, unknown>> | undefined): unknown {
  if (!record) return undefined
  const { action: _, cacheTimestamp: __, cacheCreateTimestamp: ___, ...document } = record
  return document
}
