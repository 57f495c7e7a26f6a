import { sql, type RawBuilder } from 'kysely'
import type { Name, QualifiedName } from '../../domain/capture/names.ts'
import type { Relation } from '../../domain/capture/relation.ts'
import type { DbOrTx } from '../pool.ts'

/** The relation of that name, or undefined. An unquoted part also finds its lower-case form. */
export async function findRelation(
  db: DbOrTx,
  { schema, name }: QualifiedName,
): Promise<Relation | undefined> {
  return describe(
    db,
    sql`(${named('n.nspname', schema)}) and (${named('c.relname', name)})`,
    sql`order by n.nspname = ${schema.text} desc, c.relname = ${name.text} desc`,
  )
}

/** The relation with that oid, or undefined when it was dropped. */
export async function readRelation(db: DbOrTx, oid: number): Promise<Relation | undefined> {
  return describe(db, sql`c.oid = ${oid}`)
}

function named(column: string, { text, quoted }: Name): RawBuilder<unknown> {
  const exact = sql`${sql.ref(column)} = ${text}`
  return quoted ? exact : sql`${exact} or ${sql.ref(column)} = ${text.toLowerCase()}`
}

async function describe(
  db: DbOrTx,
  where: RawBuilder<unknown>,
  order: RawBuilder<unknown> = sql``,
): Promise<Relation | undefined> {
  const kind = (
    column: RawBuilder<unknown>,
  ) => sql`case ${column} when 'r' then 'table' when 'p' then 'partitioned'
    when 'v' then 'view' when 'm' then 'materialized' when 'f' then 'foreign' else 'other' end`
  const { rows } = await sql<Relation>`
    select c.oid::int8 as oid, c.oid::regclass::text as name, ${kind(sql`c.relkind`)} as kind,
           c.relpersistence = 'p' as permanent,
           n.nspname in ('information_schema', 'sincewire', 'sincewire_feed', 'sincewire_capture', 'sincewire_jobs')
             or starts_with(n.nspname, 'pg_') as system,
           pg_has_role(c.relowner, 'USAGE') as owned,
           has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT') as readable,
           row_security_active(c.oid) as "rowSecurity",
           (select coalesce(json_agg(json_build_object(
                     'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                     'baseType', format_type(a.atttypid, null), 'notNull', a.attnotnull) order by a.attnum), '[]')
            from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
           (select coalesce(json_agg(json_build_object('name', m.member::text, 'kind', ${kind(sql`m.relkind`)})), '[]')
            from sincewire.capture_members(c.oid) m where m.member <> c.oid) as children
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and (${where})
    ${order}
    limit 1`.execute(db)
  return rows[0]
}
