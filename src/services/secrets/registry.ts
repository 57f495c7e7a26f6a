import type { SealedColumn } from '../../db/sealed.ts'

/**
 * Every column that holds sealed values. `secrets rotate` and the check at start go by this list; a test fails when
 * the schema has a column of bytes that is neither here nor known to hold no secret.
 */
export const SEALED: readonly SealedColumn[] = [
  {
    ...{ table: 'credential', key: 'credential_name', column: 'secret', keyIdColumn: 'secret_key_id' },
    needs: ['credential_type'],
    context: (row) => credentialContext(row['credential_name'] ?? '', row['credential_type'] ?? ''),
  },
  {
    ...{ table: 'listener', key: 'listener_name', column: 'signing_secret', keyIdColumn: 'signing_key_id' },
    needs: ['uid'],
    context: (row) => signingContext(row['uid'] ?? ''),
  },
]

/** What a credential's secret is sealed for. */
export function credentialContext(credentialName: string, credentialType: string): string {
  return `credential/${credentialName}/${credentialType}`
}

/** What a listener's signing secret is sealed for. */
export function signingContext(listenerUid: string): string {
  return `listener/${listenerUid}/signingSecret`
}
