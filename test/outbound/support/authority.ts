import { generate } from 'selfsigned'

/** A key and its certificate, PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

interface Wanted {
  readonly host: string
  /** Default: valid for a year from now. */
  readonly expired?: boolean
}

/** A certificate authority of the test's own. */
export interface Authority {
  /** What a client must trust, PEM. */
  readonly ca: string
  /** A server certificate for one host name or IPv4 address. */
  issue(wanted: Wanted): Promise<Certificate>
}

export async function authority(): Promise<Authority> {
  const root = await generate([{ name: 'commonName', value: 'Sincewire test authority' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  })
  return {
    ca: root.cert,
    issue: (wanted) => issue(wanted, { key: root.private, cert: root.cert }),
  }
}

/** A certificate that vouches for itself. */
export function selfSigned(host: string): Promise<Certificate> {
  return issue({ host })
}

async function issue({ host, expired }: Wanted, ca?: { key: string; cert: string }): Promise<Certificate> {
  const day = 86_400_000
  const from = new Date(Date.now() - (expired ? 10 : 1) * day)
  const isAddress = /^[\d.]+$/.test(host)
  const made = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: from,
    notAfterDate: new Date(from.getTime() + (expired ? 1 : 365) * day),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames: [isAddress ? { type: 7, ip: host } : { type: 2, value: host }] },
    ],
    ...(ca && { ca }),
  })
  return { key: made.private, cert: made.cert }
}
