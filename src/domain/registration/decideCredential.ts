import { CREDENTIAL_TYPES, type CredentialContent, type CredentialType } from '../credential.ts'
import type { FieldError } from '../errors.ts'
import type { Instant } from '../instant.ts'
import { targetFault, type TargetRules } from '../target.ts'
import { decideTls, type TlsRequest } from './decideTls.ts'
import { inputValueOf } from './inputValue.ts'

/** A credential call, its fields checked one by one; absent: not given. */
export interface CredentialRequest extends TlsRequest {
  readonly credentialName: string
  readonly credentialType?: CredentialType | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly apikey?: string | undefined
  /** null: cleared, the key goes in x-api-key. */
  readonly apikeyHeader?: string | null | undefined
  /** null: cleared. */
  readonly apikeyPrefix?: string | null | undefined
  readonly oauthClientId?: string | undefined
  readonly oauthClientSecret?: string | undefined
  readonly oauthTokenUrl?: string | undefined
  /** null: cleared. */
  readonly oauthScope?: string | null | undefined
  readonly heartbeatIntervalHours?: number | undefined
  readonly deleteInd?: boolean | undefined
}

export interface CredentialFacts {
  /** The credential as registered, opened. */
  readonly current: RegisteredCredential | undefined
  readonly targets: TargetRules
  /** URLs whose names lead to refused addresses. */
  readonly blocked?: ReadonlySet<string> | undefined
  readonly now: Instant
}

export interface RegisteredCredential {
  readonly content: CredentialContent
  readonly heartbeatIntervalHours: number | null
}

export type CredentialDecision =
  | ({ readonly kind: 'create' } & RegisteredCredential)
  | ({ readonly kind: 'update'; readonly contentChanged: boolean } & RegisteredCredential)
  | { readonly kind: 'delete' }
  | { readonly kind: 'refuse'; readonly fields: readonly FieldError[] }

type ContentField = Exclude<
  keyof CredentialRequest,
  'credentialName' | 'credentialType' | 'heartbeatIntervalHours' | 'deleteInd' | keyof TlsRequest
>

/** What each type needs and what it may have, beside a certificate. */
const FIELDS: Record<
  CredentialType,
  { readonly needs: readonly ContentField[]; readonly may: readonly ContentField[] }
> = {
  OAUTH: { needs: ['oauthClientId', 'oauthClientSecret', 'oauthTokenUrl'], may: ['oauthScope'] },
  BASICAUTH: { needs: ['username', 'password'], may: [] },
  APIKEY: { needs: ['apikey'], may: ['apikeyHeader', 'apikeyPrefix'] },
  MTLS: { needs: [], may: [] },
}
const ALL_FIELDS = CREDENTIAL_TYPES.flatMap((type) => [...FIELDS[type].needs, ...FIELDS[type].may])

/** What a call asks for, or every field that speaks against it. */
export function decideCredential(request: CredentialRequest, facts: CredentialFacts): CredentialDecision {
  const { current } = facts
  if (request.deleteInd === true) {
    return current
      ? { kind: 'delete' }
      : refuse(fault(request, 'credentialName', 'is not a registered credential'))
  }
  const type = request.credentialType ?? current?.content.type
  if (type === undefined)
    return refuse(fault(request, 'credentialType', 'is required to register a credential'))

  // What is blank stays as it is, unless the type changes: then nothing of the old set stays.
  const before = current?.content.type === type ? current.content : undefined
  const kept: Values = before && before.type !== 'MTLS' ? before : {}
  const values = { ...kept, ...given(request) }
  const { tls, faults: tlsFaults } = decideTls(request, before?.tls, facts.now)
  const lacksCertificate = type === 'MTLS' && !tls?.client && tlsFaults.length === 0
  const faults = [
    ...foreignFaults(request, type),
    ...missingFaults(request, type, values),
    ...urlFaults(request, facts),
    ...tlsFaults.map(({ field, error }) => fault(request, field, error)),
    ...(lacksCertificate
      ? [fault(request, 'clientCertificate', 'is required for a credential of type MTLS')]
      : []),
  ]
  if (faults.length > 0) return refuse(...faults)

  const content = { ...contentOf(type, values), ...(tls && { tls }) }
  const heartbeatIntervalHours = request.heartbeatIntervalHours ?? current?.heartbeatIntervalHours ?? null
  if (!current) return { kind: 'create', content, heartbeatIntervalHours }
  return {
    kind: 'update',
    content,
    contentChanged: !sameContent(content, current.content),
    heartbeatIntervalHours,
  }
}

type Values = { readonly [field in ContentField]?: string | null | undefined }

function given(request: CredentialRequest): Values {
  return Object.fromEntries(
    ALL_FIELDS.filter((field) => request[field] !== undefined).map((field) => [field, request[field]]),
  )
}

function foreignFaults(request: CredentialRequest, type: CredentialType): FieldError[] {
  const own = [...FIELDS[type].needs, ...FIELDS[type].may]
  return ALL_FIELDS.filter((field) => request[field] !== undefined && !own.includes(field)).map((field) =>
    fault(request, field, `does not belong to a credential of type ${type}`),
  )
}

function missingFaults(request: CredentialRequest, type: CredentialType, values: Values): FieldError[] {
  return FIELDS[type].needs
    .filter((field) => values[field] === undefined)
    .map((field) => fault(request, field, `is required for a credential of type ${type}`))
}

function urlFaults(request: CredentialRequest, { targets, blocked }: CredentialFacts): FieldError[] {
  if (request.oauthTokenUrl === undefined) return []
  const reason = targetFault(request.oauthTokenUrl, targets, blocked)
  return reason === undefined ? [] : [fault(request, 'oauthTokenUrl', reason)]
}

function contentOf(type: CredentialType, values: Values): CredentialContent {
  const text = (field: ContentField) => values[field] ?? ''
  switch (type) {
    case 'OAUTH':
      return {
        type,
        oauthClientId: text('oauthClientId'),
        oauthClientSecret: text('oauthClientSecret'),
        oauthTokenUrl: text('oauthTokenUrl'),
        oauthScope: values.oauthScope ?? null,
      }
    case 'BASICAUTH':
      return { type, username: text('username'), password: text('password') }
    case 'APIKEY':
      return {
        type,
        apikey: text('apikey'),
        apikeyHeader: values.apikeyHeader?.toLowerCase() ?? null,
        apikeyPrefix: values.apikeyPrefix ?? null,
      }
    case 'MTLS':
      return { type }
  }
}

function sameContent(a: CredentialContent, b: CredentialContent): boolean {
  const flat = ({ tls, ...values }: CredentialContent) =>
    Object.entries({ ...values, certificate: tls?.client?.certificate, key: tls?.client?.key, ca: tls?.ca })
  const other = new Map<string, unknown>(flat(b))
  return flat(a).every(([field, value]) => other.get(field) === value)
}

function fault(request: CredentialRequest, field: keyof CredentialRequest, error: string): FieldError {
  return { error, field, inputValue: inputValueOf(field, request[field]) }
}

function refuse(...fields: readonly FieldError[]): CredentialDecision {
  return { kind: 'refuse', fields }
}
