import type { CredentialType, OpenCredential } from '../../domain/credential.ts'
import type { Failure } from '../failure.ts'

/** What a call carries to be let in. */
export interface Authenticated {
  readonly kind: 'authenticated'
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** The parts of `headers` that must not be kept should the receiver echo them. */
  readonly secrets: readonly string[]
  /** Present where a 401 may only mean that the token has ended: gets another one, for one more try. */
  readonly renew?: () => Promise<Authenticated | Failure>
}

/** Turns a credential into headers. A token that cannot be had is a value, never a throw. */
export type Authenticate<C extends OpenCredential> = (
  credential: C,
) => Authenticated | Promise<Authenticated | Failure>

export type CredentialOf<T extends CredentialType> = Extract<OpenCredential, { type: T }>
