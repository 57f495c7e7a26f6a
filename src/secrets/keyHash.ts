import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { SincewireError } from '../domain/errors.ts'

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt)

/**
 * 32 MiB and some 70 ms for each: keys are 256 random bits, which nobody guesses, so this is for the day on which
 * somebody put a shorter one there.
 */
const COST = { ln: 15, r: 8, p: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32

/** At the same time, of libuv's four threads: names must be resolved and files read meanwhile. */
const AT_ONCE = 2
const WAITING = 64

/** Hashes clients' keys with scrypt, so many at a time. */
export interface KeyHasher {
  /** `$scrypt$ln=…,r=…,p=…$salt$hash`. */
  hash(secret: string): Promise<string>
  /** Takes the same time whatever is wrong, also for `undefined`. Throws `unavailable` when too many wait. */
  verify(secret: string, stored: string | undefined): Promise<boolean>
}

export function createKeyHasher(): KeyHasher {
  const inTurn = createTurns()
  const nobody = format(COST, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES))
  const hash = (secret: string, { ln, r, p }: typeof COST, salt: Buffer) =>
    inTurn(() => derive(secret, salt, HASH_BYTES, { N: 2 ** ln, r, p, maxmem: 256 * 2 ** ln * r }))
  return {
    async hash(secret) {
      const salt = randomBytes(SALT_BYTES)
      return format(COST, salt, await hash(secret, COST, salt))
    },
    async verify(secret, stored = nobody) {
      const { cost, salt, wanted } = parse(stored)
      const equal = timingSafeEqual(await hash(secret, cost, salt), wanted)
      return equal && stored !== nobody
    },
  }
}

function format({ ln, r, p }: typeof COST, salt: Buffer, hash: Buffer): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64')}$${hash.toString('base64')}`
}

function parse(stored: string): {
  readonly cost: typeof COST
  readonly salt: Buffer
  readonly wanted: Buffer
} {
  const [, ln, r, p, salt = '', hash = ''] =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/=]+)\$([\w+/=]{44})$/.exec(stored) ?? []
  if (hash === '') throw new Error('a client key’s hash in the database is not of our making')
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  return { cost, salt: Buffer.from(salt, 'base64'), wanted: Buffer.from(hash, 'base64') }
}

function createTurns() {
  const waiting: (() => void)[] = []
  let running = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= AT_ONCE) {
      if (waiting.length >= WAITING) {
        const retryAfterSeconds = 1
        throw new SincewireError('unavailable', 'Too many new keys at once; try again', { retryAfterSeconds })
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift() // it takes over this turn
      if (next) next()
      else running--
    }
  }
}
