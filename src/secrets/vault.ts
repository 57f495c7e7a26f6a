import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { unusable } from '../domain/errors.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Seals secrets for rest and opens them for use: AES-256-GCM under the current master key. */
export interface Vault {
  /** Of the key that sealed last: see keyIdOf. Stored beside each sealed value, for people and for the start. */
  readonly keyId: string
  /** Of every key at hand, that one first. */
  readonly keyIds: readonly string[]
  /**
   * Nonce, tag and ciphertext in one buffer. `context` (whose secret, what for) is authenticated but not stored:
   * a value moved to another row does not open. Seal under lockRegistrations: a rotation that ends may then rely on
   * nobody sealing with the old key any more.
   */
  seal(text: string, context: string): Buffer
  /** Throws `unusable` when no key at hand or the context is another one, or the bytes were changed. */
  open(sealed: Buffer, context: string): string
  /** The same sealed with the current key; undefined when it is already. Throws as open does. */
  reseal(sealed: Buffer, context: string): Buffer | undefined
}

export interface VaultOptions {
  /** 32 bytes. */
  readonly key: Buffer
  /** Keys that still open what they sealed. */
  readonly previous?: readonly Buffer[]
  /**
   * The keys as they are now, the current one first: asked before anything is sealed, and when a value does not open.
   * So a process that runs goes over to a new key by itself. Undefined: as before.
   */
  readonly reread?: (() => readonly Buffer[] | undefined) | undefined
  /** Never the same bytes twice under one key; replaced in tests only. */
  readonly random?: (size: number) => Buffer
}

/** What a key goes by: the first 8 hex digits of its SHA-256. */
export function keyIdOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8)
}

/** A vault over master keys: see masterKey.ts for where they come from. */
export function createVault({ key, previous = [], reread, random = randomBytes }: VaultOptions): Vault {
  // Those once known stay: what was read before a rotation ended is opened after it.
  let keys = unique([key, ...previous])
  const refresh = () => {
    const now = reread?.()
    if (now) keys = unique([...now, ...keys])
  }
  type Tried = { readonly text: string; readonly key: Buffer } | { readonly cause: unknown }
  const openWith = (tried: readonly Buffer[], sealed: Buffer, context: string): Tried => {
    let cause: unknown
    for (const each of tried) {
      try {
        return { text: decipher(each, sealed, context), key: each }
      } catch (error) {
        cause = error
      }
    }
    return { cause }
  }
  const open = (sealed: Buffer, context: string) => {
    let opened = openWith(keys, sealed, context)
    if (!('key' in opened) && reread) {
      refresh()
      opened = openWith(keys, sealed, context)
    }
    if ('key' in opened) return opened
    throw unusable('A stored secret cannot be opened with this master key.', opened.cause)
  }
  const seal = (text: string, context: string) => {
    refresh()
    return encipher(keys[0] ?? key, text, context, random(NONCE_BYTES))
  }
  return {
    // Not read anew here: the id belongs to what was sealed just before.
    get keyId() {
      return keyIdOf(keys[0] ?? key)
    },
    get keyIds() {
      refresh()
      return keys.map(keyIdOf)
    },
    seal,
    open: (sealed, context) => open(sealed, context).text,
    reseal: (sealed, context) => {
      refresh()
      const opened = open(sealed, context)
      return opened.key === keys[0] ? undefined : seal(opened.text, context)
    },
  }
}

function unique(keys: readonly Buffer[]): readonly Buffer[] {
  if (keys.some((key) => key.length !== 32)) throw unusable('The master key must be 32 bytes.')
  return keys.filter((key, at) => keys.findIndex((other) => other.equals(key)) === at)
}

function encipher(key: Buffer, text: string, context: string, nonce: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(context))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
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
