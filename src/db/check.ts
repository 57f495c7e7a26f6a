import pg from 'pg'
import { unusable } from '../domain/errors.ts'
import { migrationNames } from './migrate.ts'

const OLDEST = 14
/** Schemas of ours. Missing ones are made, which takes CREATE on the database. */
const JOBS = 'sincewire_jobs'
export const SCHEMAS = ['sincewire', 'sincewire_feed', 'sincewire_capture', JOBS, 'merch']

/**
 * Whether a server that somebody else runs can be used: reachable, new enough, the primary, and each privilege we
 * need. Throws `unusable` with one sentence, never with the password. Seeing other sessions (pg_monitor) is not among
 * them: ticks go by locks alone, which everybody may read.
 */
export async function checkServer(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'sincewire check',
  })
  client.on('error', () => {}) // a connection cut later fails the query, which says so
  try {
    await client.connect()
  } catch (error) {
    throw unusable(`The database ${placeOf(url)} cannot be reached: ${reasonOf(error)}.`, error)
  }
  try {
    await refuseServer(client, placeOf(url))
    await refusePrivileges(client, await standingOf(client))
  } finally {
    await client.end()
  }
}

async function refuseServer(client: pg.Client, place: string): Promise<void> {
  const { rows } = await client.query<{ number: number; version: string; standby: boolean }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
            pg_is_in_recovery() as standby`,
  )
  const [server] = rows
  if (server && server.number < OLDEST * 10_000) {
    throw unusable(
      `The database ${place} is PostgreSQL ${server.version}, but Sincewire needs ${OLDEST} or newer.`,
    )
  }
  if (server?.standby) throw unusable(`The database ${place} is a standby: give the address of the primary.`)
}

/**
 * For a role that does not own our tables, as `sincewire migrate --service-role` makes one: refuses a schema that is not
 * up to date, which only its owner can change, and returns the tables that such a role only reads. Undefined: an owner,
 * or a database without our tables.
 */
async function standingOf(client: pg.Client): Promise<readonly string[] | undefined> {
  const { rows } = await client.query<{ owner: string; readable: boolean }>(
    `select r.rolname as owner, has_schema_privilege('sincewire', 'usage')
                                and has_table_privilege(c.oid, 'select') as readable
     from pg_class c join pg_roles r on r.oid = c.relowner
     where c.oid = (select t.oid from pg_class t join pg_namespace n on n.oid = t.relnamespace
                    where n.nspname = 'sincewire' and t.relname = 'migration') and not pg_has_role(c.relowner, 'usage')`,
  )
  const [owned] = rows
  if (!owned) return undefined
  if (!owned.readable) return []
  const ran = await client.query<{ name: string }>('select name from sincewire.migration')
  const done = ran.rows.map(({ name }) => name)
  if (!(await migrationNames()).every((name) => done.includes(name))) {
    throw unusable(
      `The database has to be migrated by ${owned.owner}, its owner: sincewire migrate --service-role with the name of this one.`,
    )
  }
  const found = await client.query<{ oid: string }>(
    'select t::oid::text as oid from sincewire.owners_tables() t',
  )
  return found.rows.map(({ oid }) => oid)
}

/** `onlyRead`: standingOf's. */
async function refusePrivileges(client: pg.Client, onlyRead: readonly string[] | undefined): Promise<void> {
  // One row per privilege that is missing, with the grant that would help.
  const { rows } = await client.query<{ lack: string; grant: string; person: string }>(
    `with ours as (select s.name, n.oid from unnest($1::text[]) s(name) left join pg_namespace n on n.nspname = s.name),
     lacks(lack, grant_text) as (
       select 'CREATE on database ' || current_database(), format('grant create on database %I', current_database())
        where exists (select from ours where oid is null)
          and not has_database_privilege(current_database(), 'CREATE')
       union all
       select p.name || ' on schema ' || o.name, format('grant %s on schema %I', lower(p.name), o.name)
         from ours o cross join (values ('USAGE'), ('CREATE')) p(name)
        where o.oid is not null and not has_schema_privilege(o.oid, p.name)
          -- what a role makes that is not the owner: the queues, if they are not there
          and (p.name = 'USAGE' or not $2 or o.name = '${JOBS}' and not exists (
                 select from pg_class c where c.relnamespace = o.oid and c.relname = 'version'))
       union all
       select p.name || ' on table ' || o.name || '.' || c.relname,
              format('grant %s on table %I.%I', lower(p.name), o.name, c.relname)
         from ours o join pg_class c on c.relnamespace = o.oid and c.relkind in ('r', 'p')
        cross join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) p(name)
        where not has_table_privilege(c.oid, p.name) and (p.name = 'SELECT' or c.oid <> all ($3::oid[])))
     select lack, grant_text || format(' to %I', current_user) as "grant", current_user as person from lacks`,
    [SCHEMAS, onlyRead !== undefined, onlyRead ?? []],
  )
  const [first] = rows
  if (!first) return
  const told = rows.slice(0, 10).map(({ lack, grant }) => `${lack} (${grant})`)
  if (rows.length > told.length) told.push(`and ${rows.length - told.length} more`)
  throw unusable(`The database user ${first.person} lacks ${told.join('; ')}.`)
}

/** A database URL as it may be shown: host, port and database alone. */
export function placeOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url)
    return `${hostname}:${port || '5432'}${pathname}`
  } catch {
    return '(not a URL)'
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0])
  return error instanceof Error ? error.message.replace(/\.$/, '') : 'unknown reason'
}
