import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Config } from '../config.ts'
import { SincewireError, unusable } from '../domain/errors.ts'

export type TlsSettings = NonNullable<Config['tls']>

/** A pair that fits. Never logged: it holds the key. */
export interface TlsPair {
  /** What the server speaks with. */
  readonly options: {
    readonly cert: string
    readonly key: string
    readonly minVersion: `TLSv${TlsSettings['minimumVersion']}`
  }
  readonly validTo: string
  readonly fingerprint: string
}

/** Reads and checks the pair. Throws `unusable` with one sentence that names the setting. */
export async function readTls(settings: TlsSettings): Promise<TlsPair> {
  const { certificateFile, keyFile, minimumVersion } = settings
  const cert = await read('certificateFile', certificateFile)
  const key = await read('keyFile', keyFile)
  const certificate = parse(
    'certificateFile',
    certificateFile,
    'no certificate in PEM',
    () => new X509Certificate(cert),
  )
  const privateKey = parse('keyFile', keyFile, 'no private key in PEM without a passphrase', (): KeyObject =>
    createPrivateKey(key),
  )
  if (!certificate.checkPrivateKey(privateKey)) {
    throw unusable(`The setting tls.keyFile names ${keyFile}, which is not the key of ${certificateFile}.`)
  }
  const options = { cert, key, minVersion: `TLSv${minimumVersion}` as const }
  parse('certificateFile', certificateFile, 'what TLS cannot be spoken with', () =>
    createSecureContext(options),
  )
  const fingerprint = createHash('sha256').update(cert).update('\0').update(key).digest('base64')
  return { options, validTo: certificate.validTo, fingerprint }
}

async function read(setting: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw unusable(`The setting tls.${setting} names ${file}, which cannot be read: ${code}.`)
  }
}

/** What the libraries say is left out: it could quote the file. */
function parse<T>(setting: string, file: string, otherwise: string, how: () => T): T {
  try {
    return how()
  } catch {
    throw unusable(`The setting tls.${setting} names ${file}, which holds ${otherwise}.`)
  }
}

export interface Reload {
  /** A new pair is there and fits. */
  onPair(pair: TlsPair): void
  /** What is there now cannot be used; said once for each fault. */
  onFault(reason: string): void
}

/**
 * Looks at the files again and again. They are read, not watched: renamed over, or behind a symbolic link that is
 * swapped, they are new files of which a watch hears nothing. Returns what ends it.
 */
export function reloadTls(settings: TlsSettings, first: TlsPair, { onPair, onFault }: Reload): () => void {
  let served = first.fingerprint
  let [before, told]: (string | undefined)[] = []
  const look = async () => {
    try {
      const pair = await readTls(settings)
      before = told = undefined
      if (pair.fingerprint === served) return
      onPair(pair)
      served = pair.fingerprint
    } catch (error) {
      const fault = error instanceof SincewireError ? error.message : 'TLS does not take it'
      // The two files are never replaced at one instant: what is still wrong at the next look is wrong.
      if (fault === before && fault !== told) onFault((told = fault))
      before = fault
    }
  }
  let looking = false
  const timer = setInterval(() => {
    if (looking) return
    looking = true
    void look().finally(() => (looking = false))
  }, settings.reloadIntervalMilliseconds)
  timer.unref()
  return () => clearInterval(timer)
}
