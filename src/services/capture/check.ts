import {
  isKeyGuarded,
  tablesBehind,
  tryExpressions,
  tryJsonPath,
  tryKeyHash,
} from '../../db/capture/objects.ts'
import { findRelation } from '../../db/capture/relation.ts'
import type { Db } from '../../db/pool.ts'
import { defineCapture, type CaptureDefinition } from '../../domain/capture/definition.ts'
import { showName } from '../../domain/capture/names.ts'
import type { CaptureRequest } from '../../domain/capture/options.ts'
import type { Relation } from '../../domain/capture/relation.ts'
import { refuse, sentenceOf } from './refuse.ts'

/** A capture that may be made. */
export interface Checked {
  readonly definition: CaptureDefinition
  readonly keyNames: readonly string[]
  /** What works, but perhaps not as hoped. */
  readonly warnings: readonly string[]
}

/** Finds what the request names and checks it. Throws `refused` with every reason. */
export async function checkCapture(db: Db, request: CaptureRequest): Promise<Checked> {
  const source = await findRelation(db, request.table)
  const view = request.view ? await findRelation(db, request.view) : undefined
  const watched: (Relation | undefined)[] = []
  for (const { table } of request.watches) watched.push(await findRelation(db, table))
  const defined = defineCapture(request, { source, view, watched })
  if (defined.kind === 'refused') throw refuse(request.service, 'captured', defined.reasons)
  const { definition, keyNames } = defined
  const reasons = source ? await databaseReasons(db, request, definition, source) : []
  if (reasons.length > 0) throw refuse(request.service, 'captured', reasons)
  return { definition, keyNames, warnings: await unwatched(db, definition) }
}

/** What only PostgreSQL can judge. */
async function databaseReasons(
  db: Db,
  { watches, filters, deferred }: CaptureRequest,
  { source: oid, key, view }: CaptureDefinition,
  source: Relation,
): Promise<string[]> {
  const reasons: string[] = []
  // Partitions share the index of their parent; inheritance children have their own.
  const guarded = source.kind === 'table' ? [source, ...source.children] : [source]
  for (const { name } of guarded) {
    if (await isKeyGuarded(db, name, key)) continue
    reasons.push(
      `${name} has no primary key or unique index over exactly (${key.join(', ')}); one that is partial, deferrable or over expressions does not count`,
    )
  }
  if (reasons.length > 0) return reasons
  const attempt = async (what: string, work: Promise<void>) => {
    try {
      await work
    } catch (error) {
      reasons.push(`${what}: ${sentenceOf(error)}`)
    }
  }
  if (view !== null || guarded.length > 1 || deferred) {
    await attempt(
      `the key (${key.join(', ')}) cannot be hashed, which a view and deferred capture need`,
      tryKeyHash(db, oid, key),
    )
  }
  for (const { table, expressions } of watches) {
    const what = `watch ${showName(table)}:${expressions.join(',')}`
    const relation = await findRelation(db, table)
    if (relation) await attempt(what, tryExpressions(db, oid, key, relation.name, expressions))
  }
  for (const { name, path } of filters) await attempt(`filter ${name}`, tryJsonPath(db, path))
  return reasons
}

async function unwatched(db: Db, { source, view, watches }: CaptureDefinition): Promise<string[]> {
  if (view === null) return []
  const seen = new Set([source, ...watches.map(({ watched }) => watched)])
  const others = (await tablesBehind(db, view)).filter(({ oid }) => !seen.has(oid))
  return others.map(
    ({ name }) =>
      `the view also reads ${name}, which is not watched: a change there is published with the record's next change or a rebuild`,
  )
}
