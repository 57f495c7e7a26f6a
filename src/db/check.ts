import pg from 'pg'
import { unusable } from '../domain/errors.ts'

const OLDEST = 14
/** Schemas of ours. Missing ones are made, which takes CREATE on the database. */
export const SCHEMAS = ['sincewire', 'sincewire_feed', 'sincewire_capture', 'sincewire_jobs', 'merch']

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
    await refusePrivileges(client)
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

async function refusePrivileges(client: pg.Client): Promise<void> {
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
       union all
       select p.name || ' on table ' || o.name || '.' || c.relname,
              format('grant %s on table %I.%I', lower(p.name), o.name, c.relname)
         from ours o join pg_class c on c.relnamespace = o.oid and c.relkind in ('r', 'p')
        cross join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) p(name)
        where not has_table_privilege(c.oid, p.name))
     select lack, grant_text || format(' to %I', current_user) as "grant", current_user as person from lacks`,
    [SCHEMAS],
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
