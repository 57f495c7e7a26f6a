import type { Generated, JSONColumnType } from 'kysely'
import type { Member } from '../../domain/capture/shape.ts'

/** Tables and views are regclass: written as oids, read as `schema.name`. */
export interface CaptureTable {
  service: string
  source: string
  key_columns: string[]
  document_view: string | null
  excluded: Generated<string[]>
  renamed: JSONColumnType<Record<string, string>, string, string>
  camel_case: Generated<boolean>
  shape: JSONColumnType<Member[] | null, string | null, string | null>
}

export interface CaptureWatchTable {
  service: string
  position: number
  watched: string
  expressions: string[]
}

export interface CaptureLoadTable {
  service: string
  position: string
}
