import { sql, type RawBuilder } from 'kysely'
import type { CredentialType } from '../domain/credential.ts'
import type { Instant } from '../domain/instant.ts'
import type { Listener } from '../domain/listener.ts'
import type { WebhookPosition } from '../domain/registration/webhookPosition.ts'
import type { SignatureVersion } from '../domain/signature.ts'
import type { Expiries } from './certificate.ts'
import { toListener, type ListenerRow } from './listener.ts'
import { toSecrets, type StoredSecrets } from './listenerSecrets.ts'
import type { DbOrTx } from './pool.ts'

/** A listener, or a credential that no listener uses, with what the domain's Listener leaves to the row. */
export interface WebhookRow {
  readonly position: WebhookPosition
  readonly credentialType: CredentialType
  /** Of the listener, or of the credential that no listener uses. */
  readonly owner: string | null
  /** Of the credential. */
  readonly expiries: Expiries
  readonly listener: ListedListener | null
}

export interface ListedListener extends Listener {
  /** The kinds of signature that calls carry; none: they are not signed. */
  readonly signatures: readonly ListedSignature[]
  readonly headerNames: readonly string[]
  readonly disabledReason: string | null
}

export interface ListedSignature {
  readonly version: SignatureVersion
  /** `whpk_…`; null: the secret is shared. */
  readonly publicKey: string | null
  /** Until when the key that was replaced signs too; null: none does. */
  readonly previousUntil: Instant | null
}

export interface WebhookPageRequest {
  /** Only this client's; null: everybody's. */
  readonly owner: string | null
  /** Only this service's listeners, and no unused credentials. */
  readonly service: string | null
  readonly after: WebhookPosition | null
  readonly limit: number
}

type Row = Omit<ListenerRow, 'listener_name' | 'service'> & {
  listener_name: string
  service: string
  credential_type: CredentialType
  credential_owner: string | null
  client: Instant | null
  ca: Instant | null
  uid: string | null
}

/** Listeners and unused credentials in order of credential name, service and listener name; at most `limit`. */
export async function listWebhooks(db: DbOrTx, request: WebhookPageRequest): Promise<WebhookRow[]> {
  const { rows } = await webhookPageQuery(request).execute(db)
  return rows.map(toWebhookRow)
}

/** The query of listWebhooks. Its order is the indexes' own, so that a page costs the same at any depth. */
export function webhookPageQuery({ owner, service, after, limit }: WebhookPageRequest): RawBuilder<Row> {
  const place = after ?? { credentialName: '', service: '', listenerName: '' }
  const from = sql`(${place.credentialName}, ${place.service}, ${place.listenerName})`
  const ofService = service === null ? sql`true` : sql`service = ${service}`
  const ofOwner = (of: string) => (owner === null ? sql`true` : sql`${sql.ref(of)} = ${owner}`)
  return sql<Row>`
    with used as materialized (
      select credential_name, service, listener_name from sincewire.listener
      where ${ofOwner('owner')} and ${ofService} and (credential_name, service, listener_name) > ${from}
      order by credential_name, service, listener_name limit ${limit}
    ), unused as (
      select c.credential_name from sincewire.credential c
      where ${ofOwner('c.owner')} and ${service === null} and c.credential_name > ${place.credentialName}
        -- Behind a full page's last credential nothing is needed: the search for unused ones ends with the page.
        and c.credential_name <= coalesce(
          (select max(u.credential_name) from used u having count(*) = ${limit}),
          (select max(m.credential_name) from sincewire.credential m))
        -- Not "not exists", which the planner may turn into a join that reads every listener.
        and (select l.uid from sincewire.listener l where l.credential_name = c.credential_name and ${ofOwner('l.owner')} limit 1) is null
      order by c.credential_name limit ${limit}
    ), page as (
      select * from used
      union all
      select credential_name, ''::text, ''::text from unused
      order by credential_name, service, listener_name limit ${limit}
    )
    select l.*, s.next_poll_at, p.credential_name, p.service, p.listener_name,
      c.credential_type, c.owner as credential_owner,
      c.client_certificate_expires_at as client, c.ca_certificate_expires_at as ca
    from page p
    join sincewire.credential c on c.credential_name = p.credential_name
    left join sincewire.listener l on l.listener_name = p.listener_name
    left join sincewire.schedule s on s.listener_name = p.listener_name
    order by p.credential_name, p.service, p.listener_name
  `
}

function toWebhookRow(row: Row): WebhookRow {
  const { credential_name: credentialName, service, listener_name: listenerName } = row
  return {
    position: { credentialName, service, listenerName },
    credentialType: row.credential_type,
    owner: listenerName === '' ? row.credential_owner : row.owner,
    expiries: { client: row.client, ca: row.ca },
    listener:
      listenerName === ''
        ? null
        : {
            ...toListener(row),
            ...listedSecrets(toSecrets(row)),
            disabledReason: row.disabled_reason,
          },
  }
}

/** What may be seen of a listener's secrets. */
function listedSecrets(secrets: StoredSecrets): Pick<ListedListener, 'signatures' | 'headerNames'> {
  const { signingSecret, previousSecret, privateKey, previousPrivateKey, headers } = secrets
  const signatures: ListedSignature[] = []
  if (signingSecret) {
    signatures.push({ version: 'v1', publicKey: null, previousUntil: previousSecret?.until ?? null })
  }
  if (privateKey) {
    const { publicKey } = privateKey
    signatures.push({ version: 'v1a', publicKey, previousUntil: previousPrivateKey?.until ?? null })
  }
  return { signatures, headerNames: headers?.names ?? [] }
}
