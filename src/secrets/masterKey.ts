import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { unusable } from '../domain/errors.ts'

export interface MasterKeySource {
  /** The setting's 32 bytes; undefined: none given. */
  readonly setting: Buffer | undefined
  /** Where a key is kept that was generated for want of a setting; in the data folder. */
  readonly file: string
}

/**
 * The key that seals secrets: the setting's, else the file's, else a new one written to the file with mode 600.
 * Whoever loses it loses the credentials, and nothing else. Throws `unusable` with one sentence.
 */
export async function loadMasterKey(source: MasterKeySource): Promise<Buffer> {
  if (source.setting) return source.setting
  const kept = await readKept(source.file)
  if (kept === undefined) return generate(source.file)
  const key = Buffer.from(kept, 'base64')
  if (key.length === 32) return key
  throw unusable(`The master key file ${source.file} is damaged: it must hold 32 bytes in base64.`)
}

async function readKept(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unusable(`The master key file ${file} cannot be read.`, error)
  }
}

// Written beside its place and linked into it: a crash leaves no half key, and of two processes that start at
// once one wins and the other reads the winner's.
async function generate(file: string): Promise<Buffer> {
  const key = randomBytes(32)
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeDurably(draft, `${key.toString('base64')}\n`)
    await link(draft, file)
    return key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      return await loadMasterKey({ setting: undefined, file })
    throw unusable(`The master key file ${file} cannot be written.`, error)
  } finally {
    await rm(draft, { force: true })
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
