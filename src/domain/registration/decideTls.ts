import type { X509Certificate } from 'node:crypto'
import { expiryOf, readCertificates, readPrivateKey, toPem } from '../certificate.ts'
import type { ClientCertificate, TlsMaterial } from '../credential.ts'
import { toIsoMillis, type Instant } from '../instant.ts'

/** The TLS fields of a credential call; absent: not given, null: cleared. */
export interface TlsRequest {
  readonly clientCertificate?: string | null | undefined
  readonly clientPrivateKey?: string | undefined
  readonly clientPrivateKeyPassphrase?: string | undefined
  readonly caCertificate?: string | null | undefined
}

export const TLS_FIELDS = [
  'clientCertificate',
  'clientPrivateKey',
  'clientPrivateKeyPassphrase',
  'caCertificate',
] as const satisfies readonly (keyof TlsRequest)[]

export interface TlsFault {
  readonly field: keyof TlsRequest
  readonly error: string
}

export interface TlsDecision {
  readonly tls: TlsMaterial | undefined
  /** Nothing may be done when there is one. */
  readonly faults: readonly TlsFault[]
}

/** What a credential's connections show and trust from now on. What is not given stays as it is. */
export function decideTls(request: TlsRequest, current: TlsMaterial | undefined, now: Instant): TlsDecision {
  const faults: TlsFault[] = []
  const client = decideClient(request, current?.client ?? null, now, faults)
  const ca = decideCa(request, current?.ca ?? null, now, faults)
  return { tls: client || ca ? { client, ca } : undefined, faults }
}

function decideClient(
  request: TlsRequest,
  current: ClientCertificate | null,
  now: Instant,
  faults: TlsFault[],
): ClientCertificate | null {
  const { clientCertificate, clientPrivateKey, clientPrivateKeyPassphrase } = request
  const wrong = (field: keyof TlsRequest, error: string) => {
    faults.push({ field, error })
    return current
  }
  if (clientPrivateKeyPassphrase !== undefined && clientPrivateKey === undefined) {
    return wrong('clientPrivateKeyPassphrase', 'is given without clientPrivateKey')
  }
  if (clientCertificate === null) {
    return clientPrivateKey === undefined
      ? null
      : wrong('clientPrivateKey', 'is given while clientCertificate is cleared')
  }
  if (clientCertificate === undefined && clientPrivateKey === undefined) return current

  const certificate = clientCertificate ?? current?.certificate
  const keyText = clientPrivateKey ?? current?.key
  if (certificate === undefined) return wrong('clientCertificate', 'is required with clientPrivateKey')
  if (keyText === undefined) return wrong('clientPrivateKey', 'is required with clientCertificate')
  const chain = readValid(certificate, 'clientCertificate', now, faults)
  const privateKey = readPrivateKey(keyText, clientPrivateKeyPassphrase)
  if (privateKey.kind === 'locked')
    return wrong('clientPrivateKeyPassphrase', 'does not open clientPrivateKey')
  if (privateKey.kind === 'costly')
    return wrong('clientPrivateKey', 'is locked by more than a million rounds')
  if (privateKey.kind === 'unreadable') return wrong('clientPrivateKey', 'must be a private key in PEM')
  const [own] = chain ?? []
  if (!chain || !own) return current
  if (!own.checkPrivateKey(privateKey.key)) {
    return clientPrivateKey === undefined
      ? wrong('clientCertificate', 'does not belong to the private key that is registered')
      : wrong('clientPrivateKey', 'does not belong to clientCertificate')
  }
  const key = privateKey.key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { certificate: toPem(chain), key }
}

function decideCa(
  { caCertificate }: TlsRequest,
  current: string | null,
  now: Instant,
  faults: TlsFault[],
): string | null {
  if (caCertificate === undefined || caCertificate === null) return caCertificate === null ? null : current
  const certificates = readValid(caCertificate, 'caCertificate', now, faults)
  return certificates ? toPem(certificates) : current
}

function readValid(
  pem: string,
  field: keyof TlsRequest,
  now: Instant,
  faults: TlsFault[],
): readonly X509Certificate[] | undefined {
  const certificates = readCertificates(pem)
  const expired = certificates?.find((certificate) => expiryOf(certificate) <= now)
  if (!certificates) faults.push({ field, error: 'must be certificates in PEM and nothing else' })
  if (expired) {
    faults.push({ field, error: `holds a certificate that expired on ${toIsoMillis(expiryOf(expired))}` })
  }
  return expired ? undefined : certificates
}
