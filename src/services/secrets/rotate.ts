import type { Db } from '../../db/pool.ts'
import { whileRegistrationsWait } from '../../db/registration.ts'
import {
  countSealed,
  readSealed,
  rotatingAlone,
  swapSealed,
  type SealedColumn,
  type SealedValue,
} from '../../db/sealed.ts'
import { refused, SincewireError } from '../../domain/errors.ts'
import type { KeyFile } from '../../secrets/keyFile.ts'
import type { Vault } from '../../secrets/vault.ts'
import { SEALED } from './registry.ts'

export interface RotateDeps {
  readonly db: Db
  readonly vault: Vault
  /** Undefined where a setting gives the master key: then nothing but the values is changed. */
  readonly file: KeyFile | undefined
  /** Dice for a new key: 32 bytes. */
  readonly newKey: () => Buffer
}

export interface RotateHooks {
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void
  readonly signal?: AbortSignal
}

export interface Rotation {
  /** Of the key that now seals everything. */
  readonly keyId: string
  readonly total: number
  /** How many of them were sealed with another key before. */
  readonly resealed: number
  /** The files that the keys before went to. */
  readonly retired: readonly string[]
  /** What no key at hand opens, and was left as it is. While there is any, no key is retired. */
  readonly unreadable: readonly string[]
  /** False: broken off by the signal. The next rotation goes on from here. */
  readonly finished: boolean
}

const PAGE = 200
/** Swapped at the same time, so that they share the wait for the disk. */
const AT_ONCE = 8

/**
 * Goes over to a new master key while services run. In this order, so that after a crash at any point every value is
 * open to whoever reads the file, and the next call goes on:
 *
 * 1. the file gets a new key before the old one, unless a rotation that was cut short left one. From here on every
 *    process seals with the new key and opens with both: see Vault;
 * 2. each value is sealed anew, one by one. One that was changed meanwhile is left as it was changed;
 * 3. while nobody can register anything, what was still sealed with the old key meanwhile is sealed anew;
 * 4. the old key leaves the file.
 *
 * Where a setting gives the key, 2 and 3 alone. Nothing is delivered anew: no revision moves. Throws `refused` while
 * another rotation runs.
 */
export async function rotateSecrets(deps: RotateDeps, hooks: RotateHooks = {}): Promise<Rotation> {
  const { db, vault, file } = deps
  const rotation = await rotatingAlone(db, async (held): Promise<Rotation> => {
    if (file?.read().length === 1) await file.add(deps.newKey())
    const counts = await countSealed(db, SEALED)
    const pass = new Pass(db, vault, hooks, sum(counts.values()))
    await pass.run()
    let retired: readonly string[] = []
    if (!pass.stopped) {
      await whileRegistrationsWait(
        held,
        () => pass.run(),
        async () => void (retired = pass.clean ? ((await file?.retire()) ?? []) : []),
      )
    }
    const { resealed, total, unreadable, stopped } = pass
    return { keyId: vault.keyId, total, resealed, retired, unreadable: [...unreadable], finished: !stopped }
  })
  if (rotation) return rotation
  throw refused(['Another rotation runs already.'], 'Error found in processing of the rotation')
}

/** Goes through all values; again, through those that are left. */
class Pass {
  resealed = 0
  total: number
  stopped = false
  readonly unreadable = new Set<string>()
  readonly #db: Db
  readonly #vault: Vault
  readonly #hooks: RotateHooks
  #done = 0

  constructor(db: Db, vault: Vault, hooks: RotateHooks, total: number) {
    this.#db = db
    this.#vault = vault
    this.#hooks = hooks
    this.total = total
  }

  get clean(): boolean {
    return !this.stopped && this.unreadable.size === 0
  }

  async run(): Promise<void> {
    this.#done = 0
    this.unreadable.clear()
    for (const column of SEALED) await this.#runColumn(column)
    this.total = this.#done
  }

  async #runColumn(column: SealedColumn): Promise<void> {
    let page: readonly SealedValue[]
    let after = ''
    do {
      page = await readSealed(this.#db, column, after, PAGE)
      after = page.at(-1)?.row[column.key] ?? after
      for (let at = 0; at < page.length; at += AT_ONCE) {
        this.stopped ||= this.#hooks.signal?.aborted === true
        if (this.stopped) return
        const some = page.slice(at, at + AT_ONCE)
        await Promise.all(some.map((value) => this.#renew(column, value)))
        this.#done += some.length
        this.#hooks.onProgress?.({ done: this.#done, total: Math.max(this.total, this.#done) })
      }
    } while (page.length === PAGE)
  }

  async #renew(column: SealedColumn, value: SealedValue): Promise<void> {
    let sealed: Buffer | undefined
    try {
      sealed = this.#vault.reseal(value.sealed, column.context(value.row))
    } catch (error) {
      if (!(error instanceof SincewireError)) throw error
      this.unreadable.add(`${column.table} ${value.row[column.key]}: ${column.column}`)
      return
    }
    const { keyId } = this.#vault
    // The bytes decide which key it is; a wrong name beside them is put right.
    if (sealed === undefined && value.keyId === keyId) return
    const swapped = await swapSealed(this.#db, column, value, { sealed: sealed ?? value.sealed, keyId })
    if (swapped) this.resealed++
  }
}

function sum(numbers: Iterable<number>): number {
  return Iterator.from(numbers).reduce((total, each) => total + each, 0)
}
