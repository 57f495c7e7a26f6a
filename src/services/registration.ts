import type { CredentialRequest } from '../domain/registration/decideCredential.ts'
import type { Caller } from '../domain/caller.ts'
import type { BusinessError } from '../domain/errors.ts'
import { manageCredential, type ManageCredentialDeps, type ManagedCredential } from './credential/manage.ts'
import type { PlacedRequest } from './listener/judge.ts'
import { listRegistrations, type ListQuery, type WebhookPage } from './listener/list.ts'
import {
  checkListeners,
  manageListeners,
  type ManagedListeners,
  type ManageListenersDeps,
} from './listener/manage.ts'

/** The verbs of the registration API, as a front door gets them. */
export interface RegistrationServices {
  /** Where callers reach us, no slash at its end. Known once we listen. */
  readonly publicUrl: () => string
  manageCredential(caller: Caller, request: CredentialRequest): Promise<ManagedCredential>
  manageListeners(caller: Caller, items: readonly PlacedRequest[]): Promise<ManagedListeners>
  checkListeners(caller: Caller, items: readonly PlacedRequest[]): Promise<readonly BusinessError[]>
  listRegistrations(caller: Caller, query: ListQuery): Promise<WebhookPage>
}

export interface RegistrationParts extends ManageCredentialDeps, ManageListenersDeps {
  readonly publicUrl: () => string
}

/** Binds the verbs of the registration API. */
export function createRegistrationServices(parts: RegistrationParts): RegistrationServices {
  return {
    publicUrl: parts.publicUrl,
    manageCredential: (caller, request) => manageCredential(parts, caller, request),
    manageListeners: (caller, items) => manageListeners(parts, caller, items),
    checkListeners: (caller, items) => checkListeners(parts, caller, items),
    listRegistrations: (caller, query) => listRegistrations(parts, caller, query),
  }
}
