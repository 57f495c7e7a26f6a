import { sql } from 'kysely'
import type { Instant } from '../domain/instant.ts'
import type { DbOrTx } from './pool.ts'

/** When the first certificate of each use expires; null: there is none. */
export interface Expiries {
  readonly client: Instant | null
  readonly ca: Instant | null
}

export interface ExpiringCredential extends Expiries {
  readonly credentialName: string
}

/** The earliest of all credentials. */
export async function earliestExpiries(db: DbOrTx): Promise<Expiries> {
  const { rows } = await sql<Expiries>`
    select min(client_certificate_expires_at) as client, min(ca_certificate_expires_at) as ca
    from sincewire.credential
    where client_certificate_expires_at is not null or ca_certificate_expires_at is not null`.execute(db)
  return rows[0] ?? { client: null, ca: null }
}

/** Credentials with a certificate that expires within so many days, each at most once a day whoever asks. */
export async function takeExpiring(db: DbOrTx, days: number): Promise<readonly ExpiringCredential[]> {
  const { rows } = await sql<ExpiringCredential>`
    with expiring as (
      select credential_name, client_certificate_expires_at as client, ca_certificate_expires_at as ca
      from sincewire.credential
      where least(client_certificate_expires_at, ca_certificate_expires_at) < now() + make_interval(days => ${days})
        and (client_certificate_expires_at is not null or ca_certificate_expires_at is not null) -- as the index has it
    ), told as (
      insert into sincewire.certificate_warning (credential_name, warned_at)
      select credential_name, now() from expiring order by credential_name
      on conflict (credential_name) do update set warned_at = excluded.warned_at
        where certificate_warning.warned_at < now() - interval '23 hours 30 minutes' -- asked about once an hour
      returning credential_name
    )
    select credential_name as "credentialName", client, ca
    from expiring join told using (credential_name) order by least(client, ca), credential_name`.execute(db)
  return rows
}
