import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { unusable } from '../domain/errors.ts'
import { keyIdOf } from './vault.ts'

/**
 * The file that holds the master key when no setting does: a key a line in base64, the first one seals. More than
 * one: a rotation is under way, or was cut short. Written whole beside its place and moved there, mode 600, so that
 * whoever reads it sees all of the old or all of the new.
 */
export interface KeyFile {
  readonly path: string
  /** The keys, the first one seals; none: there is no such file yet. Throws `unusable` when it is damaged. */
  read(): readonly Buffer[]
  /** Puts a new key before the others, which still open what they sealed. */
  add(key: Buffer): Promise<void>
  /**
   * Leaves the first key alone. Each other one goes to a file of its own, `<path>.<key id>`, since a backup of the
   * database may need it. Returns those files.
   */
  retire(): Promise<readonly string[]>
  /** Makes the file with a new key unless it is there by now: of processes that start at once, all get one key. */
  generate(): Promise<void>
}

export function keyFile(path: string): KeyFile {
  return {
    path,
    read: () => read(path),
    add: (key) => write(path, [key, ...read(path)]),
    async retire() {
      const [first, ...others] = read(path)
      if (!first || others.length === 0) return []
      const retired = others.map((key) => ({ key, to: `${path}.${keyIdOf(key)}` }))
      for (const { key, to } of retired) await write(to, [key])
      await write(path, [first])
      return retired.map(({ to }) => to)
    },
    generate: () => generate(path),
  }
}

function read(path: string): readonly Buffer[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return []
    throw unusable(`The master key file ${path} cannot be read.`, error)
  }
  const keys = text
    .trim()
    .split(/\s*\n\s*/)
    .map((line) => Buffer.from(line, 'base64'))
  if (keys.every((key) => key.length === 32)) return keys
  throw unusable(`The master key file ${path} is damaged: it must hold 32 bytes in base64.`)
}

async function write(path: string, keys: readonly Buffer[]): Promise<void> {
  await draft(path, keys, (from) => rename(from, path))
}

async function generate(path: string): Promise<void> {
  await draft(path, [randomBytes(32)], async (from) => {
    try {
      await link(from, path) // unlike rename, it never takes the place of another's
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error
    }
  })
}

/** A crash leaves no half key in place; once this returns, a crash does not bring the old file back either. */
async function draft(
  path: string,
  keys: readonly Buffer[],
  place: (draft: string) => Promise<void>,
): Promise<void> {
  const file = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.draft`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeDurably(file, keys.map((key) => `${key.toString('base64')}\n`).join(''))
    await place(file)
    await syncFolder(dirname(path))
  } catch (error) {
    throw unusable(`The master key file ${path} cannot be written.`, error)
  } finally {
    await rm(file, { force: true }).catch(() => {})
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code
}
