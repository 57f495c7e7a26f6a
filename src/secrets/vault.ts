import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { unusable } from '../domain/errors.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Seals secrets for rest and opens them for use: AES-256-GCM under one master key. */
export interface Vault {
  /** First 8 hex digits of the key's SHA-256; stored beside each sealed value. */
  readonly keyId: string
  /**
   * Nonce, tag and ciphertext in one buffer. `context` (whose secret, what for) is authenticated but not stored:
   * a value moved to another row does not open.
   */
  seal(text: string, context: string): Buffer
  /** Throws `unusable` when the key or the context is another one, or the bytes were changed. */
  open(sealed: Buffer, context: string): string
}

export interface VaultOptions {
  /** 32 bytes. */
  readonly key: Buffer
  /** Never the same bytes twice under one key; replaced in tests only. */
  readonly random?: (size: number) => Buffer
}

/** A vault over a master key: see masterKey.ts for where it comes from. */
export function createVault(options: VaultOptions): Vault {
  const { key, random = randomBytes } = options
  if (key.length !== 32) throw unusable('The master key must be 32 bytes.')
  return {
    keyId: createHash('sha256').update(key).digest('hex').slice(0, 8),
    seal: (text, context) => {
      const nonce = random(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(context))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
    },
    open: (sealed, context) => {
      try {
        return decipher(key, sealed, context)
      } catch (cause) {
        throw unusable('A stored secret cannot be opened with this master key.', cause)
      }
    },
  }
}

function decipher(key: Buffer, sealed: Buffer, context: string): string {
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(tag)
  const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
  return text.toString('utf8')
}
