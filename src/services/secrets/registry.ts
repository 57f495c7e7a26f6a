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
    ...{
      table: 'credential',
      key: 'credential_name',
      column: 'client_key',
      keyIdColumn: 'client_key_key_id',
    },
    context: (row) => credentialContext(row['credential_name'] ?? '', 'clientPrivateKey'),
  },
  {
    ...{ table: 'listener', key: 'listener_name', column: 'signing_secret', keyIdColumn: 'signing_key_id' },
    needs: ['uid'],
    context: (row) => signingContext(row['uid'] ?? ''),
  },
  {
    ...{
      table: 'listener',
      key: 'listener_name',
      column: 'previous_secret',
      keyIdColumn: 'previous_secret_key_id',
    },
    needs: ['uid'],
    context: (row) => signingContext(row['uid'] ?? ''),
  },
  {
    ...{ table: 'listener', key: 'listener_name', column: 'private_key', keyIdColumn: 'private_key_key_id' },
    needs: ['uid'],
    context: (row) => privateKeyContext(row['uid'] ?? ''),
  },
  {
    ...{ table: 'listener', key: 'listener_name', column: 'previous_private_key' },
    keyIdColumn: 'previous_private_key_key_id',
    needs: ['uid'],
    context: (row) => privateKeyContext(row['uid'] ?? ''),
  },
  {
    ...{ table: 'listener', key: 'listener_name', column: 'headers', keyIdColumn: 'headers_key_id' },
    needs: ['uid'],
    context: (row) => headersContext(row['uid'] ?? ''),
  },
]

/** What a credential's secret of a type, or its clientPrivateKey, is sealed for. */
export function credentialContext(credentialName: string, what: string): string {
  return `credential/${credentialName}/${what}`
}

/** What a listener's signing secret is sealed for, the one that was replaced too: it moves as it is. */
export function signingContext(listenerUid: string): string {
  return `listener/${listenerUid}/signingSecret`
}

/** The same for its ed25519 keys. */
export function privateKeyContext(listenerUid: string): string {
  return `listener/${listenerUid}/privateKey`
}

/** What a listener's own headers are sealed for. */
export function headersContext(listenerUid: string): string {
  return `listener/${listenerUid}/headers`
}
