import { sql } from 'kysely'
import type { DbOrTx } from './pool.ts'

/** A code type with its codes, in order of their sequence. */
export interface CodeType {
  readonly codeType: string
  readonly description: string
  readonly details: readonly {
    readonly code: string
    readonly codeDescription: string
    readonly sequence: number
    readonly usedInd: 'Y' | 'N'
  }[]
}

export interface CodeDetail {
  readonly codeType: string
  readonly codeTypeDesc: string
  readonly code: string
  readonly codeDesc: string
  readonly requiredInd: 'Y' | 'N'
  readonly codeSeq: number
}

/** A row of both tables, as a file brings it. */
export interface CodeRow extends CodeDetail {
  readonly usedInd: 'Y' | 'N'
}

export interface CodeTypeQuery {
  /** Only this one; null: all. */
  readonly codeType: string | null
  /** The code type behind which to go on; null: from the first. */
  readonly after: string | null
  readonly limit: number
}

/** Code types by their names. */
export async function listCodeTypes(db: DbOrTx, query: CodeTypeQuery): Promise<readonly CodeType[]> {
  return (await codeTypePage(query).execute(db)).rows
}

/** Exported so that a test can look at its plan. The page first, then its codes: as much work at any depth. */
export function codeTypePage({ codeType, after, limit }: CodeTypeQuery) {
  const only = codeType === null ? sql`true` : sql`code_type = ${codeType}`
  const behind = after === null ? sql`true` : sql`code_type > ${after}`
  return sql<CodeType>`
    select h.code_type as "codeType", h.code_type_desc as description, coalesce(d.details, '[]') as details
      from (select * from merch.code_head where ${only} and ${behind} order by code_type limit ${limit}) h
      cross join lateral (
        select json_agg(json_build_object('code', code, 'codeDescription', code_desc, 'sequence', code_seq,
                                          'usedInd', used_ind) order by code_seq, code) as details
          from merch.code_detail where code_type = h.code_type) d
     order by h.code_type`
}

export async function findCode(db: DbOrTx, codeType: string, code: string): Promise<CodeDetail | undefined> {
  return db
    .selectFrom('merch.code_detail as d')
    .innerJoin('merch.code_head as h', 'h.code_type', 'd.code_type')
    .select([
      'd.code_type as codeType',
      'h.code_type_desc as codeTypeDesc',
      'd.code',
      'd.code_desc as codeDesc',
      'd.required_ind as requiredInd',
      'd.code_seq as codeSeq',
    ])
    .where('d.code_type', '=', codeType)
    .where('d.code', '=', code)
    .executeTakeFirst()
}

/** Inserts codes and their types, in place of those of the same names. No code twice. */
export async function saveCodes(db: DbOrTx, rows: readonly CodeRow[]): Promise<void> {
  const json = JSON.stringify(rows)
  await sql`insert into merch.code_head (code_type, code_type_desc)
    select distinct on ("codeType") "codeType", "codeTypeDesc"
      from json_to_recordset(${json}::json) as r("codeType" text, "codeTypeDesc" text)
    on conflict (code_type) do update set code_type_desc = excluded.code_type_desc
      where code_head.code_type_desc <> excluded.code_type_desc -- a long file has its codes of a type in many parts`.execute(
    db,
  )
  await sql`insert into merch.code_detail (code_type, code, code_desc, required_ind, code_seq, used_ind)
    select * from json_to_recordset(${json}::json) as r("codeType" text, code text, "codeDesc" text,
      "requiredInd" text, "codeSeq" integer, "usedInd" text)
    on conflict (code_type, code) do update set code_desc = excluded.code_desc,
      required_ind = excluded.required_ind, code_seq = excluded.code_seq, used_ind = excluded.used_ind`.execute(
    db,
  )
}
