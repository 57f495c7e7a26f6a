import { sql } from 'kysely'
import type { CredentialType } from '../domain/credential.ts'
import type { Listener } from '../domain/listener.ts'
import type { WebhookPosition } from '../domain/registration/webhookPosition.ts'
import { toListener, type ListenerRow } from './listener.ts'
import type { DbOrTx } from './pool.ts'

/** A listener, or a credential that no listener uses, with what the domain's Listener leaves to the row. */
export interface WebhookRow {
  readonly position: WebhookPosition
  readonly credentialType: CredentialType
  readonly listener: ListedListener | null
}

export interface ListedListener extends Listener {
  readonly signed: boolean
  readonly disabledReason: string | null
}

export interface WebhookPageRequest {
  /** Only this service's listeners, and no unused credentials. */
  readonly service: string | null
  readonly after: WebhookPosition | null
  readonly limit: number
}

type Row = Omit<ListenerRow, 'listener_name' | 'service'> & {
  listener_name: string
  service: string
  credential_type: CredentialType
  uid: string | null
}

/**
 * Listeners and unused credentials in order of credential name, service and listener name; at most `limit`. The order
 * is the indexes' own (listener_credential, listener_service), so a page costs the same at any depth.
 */
export async function listWebhooks(db: DbOrTx, request: WebhookPageRequest): Promise<WebhookRow[]> {
  const { service, after, limit } = request
  const place = after ?? { credentialName: '', service: '', listenerName: '' }
  const from = sql`(${place.credentialName}, ${place.service}, ${place.listenerName})`
  const ofService = service === null ? sql`true` : sql`service = ${service}`
  const { rows } = await sql<Row>`
    with used as materialized (
      select credential_name, service, listener_name from sincewire.listener
      where ${ofService} and (credential_name, service, listener_name) > ${from}
      order by credential_name, service, listener_name limit ${limit}
    ), unused as (
      select c.credential_name from sincewire.credential c
      where ${service === null} and c.credential_name > ${place.credentialName}
        -- behind a full page's last credential nothing is needed: so the search for unused ones ends with the page
        and ((select count(*) from used) < ${limit} or c.credential_name <= (select max(u.credential_name) from used u))
        and not exists (select from sincewire.listener l where l.credential_name = c.credential_name)
      order by c.credential_name limit ${limit}
    ), page as (
      select * from used
      union all
      select credential_name, ''::text, ''::text from unused
      order by credential_name, service, listener_name limit ${limit}
    )
    select l.*, p.credential_name, p.service, p.listener_name, c.credential_type
    from page p
    join sincewire.credential c on c.credential_name = p.credential_name
    left join sincewire.listener l on l.listener_name = p.listener_name
    order by p.credential_name, p.service, p.listener_name
  `.execute(db)
  return rows.map(toWebhookRow)
}

function toWebhookRow(row: Row): WebhookRow {
  const { credential_name: credentialName, service, listener_name: listenerName } = row
  return {
    position: { credentialName, service, listenerName },
    credentialType: row.credential_type,
    listener:
      listenerName === ''
        ? null
        : { ...toListener(row), signed: row.signing_secret !== null, disabledReason: row.disabled_reason },
  }
}
