import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { unusable, type SincewireError } from './domain/errors.ts'

/** Where settings come from, the later the stronger, above config/default.yaml. */
export interface SettingSources {
  /** YAML files of the manual's shape. */
  readonly files?: readonly string[]
  /** SINCEWIRE_* and DATABASE_URL; other variables are ignored. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** By dotted key, e.g. { 'engine.concurrency': 4 }: what a command or a test insists on. */
  readonly overrides?: Readonly<Record<string, unknown>>
}

export interface Settings {
  /** Raw and nested, every key of the manual present. */
  readonly values: Record<string, unknown>
  /** One sentence for what is wrong with some keys, naming each and where it came from. */
  refuse(faults: readonly { path: readonly PropertyKey[]; message: string }[]): SincewireError
}

type Raw = Map<string, { readonly value: unknown; readonly from: string }>

const manual = fileURLToPath(new URL('../config/default.yaml', import.meta.url))
/** Read by the command line: names a file. */
const CONFIG_VARIABLE = 'SINCEWIRE_CONFIG'

/** Reads the raw settings; what they may be is config.ts's to say. Throws `unusable` for keys nobody knows. */
export function readSettings({ files = [], env = {}, overrides = {} }: SettingSources): Settings {
  const raw: Raw = new Map()
  readFile(manual).forEach((value, key) => raw.set(key, { value, from: 'config/default.yaml' }))
  const known = [...raw.keys()]

  for (const file of files) {
    for (const [key, value] of readFile(file)) {
      if (!raw.has(key)) throw unusable(`The setting ${key} in ${file} is not known.${hint(key, known)}`)
      raw.set(key, { value, from: file })
    }
  }
  for (const [key, value, from] of readVariables(env, known)) raw.set(key, { value, from })
  for (const [key, value] of Object.entries(overrides)) raw.set(key, { value, from: 'the command' })

  return {
    values: nest(raw),
    refuse: (faults) => {
      const told = faults
        .map(({ path, message }) => `the setting ${describe(path, raw)} ${message}`)
        .join('; ')
      return unusable(`${told.charAt(0).toUpperCase()}${told.slice(1)}.`)
    },
  }
}

/** The name of the variable for a key: engine.perHostConcurrency is SINCEWIRE_ENGINE_PER_HOST_CONCURRENCY. */
export function variableFor(key: string): string {
  return `SINCEWIRE_${key.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`
}

function readVariables(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): [string, string, string][] {
  const keys = new Map(known.map((key) => [variableFor(key), key]))
  const found: [string, string, string][] = []
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || name === CONFIG_VARIABLE) continue
    if (name !== 'DATABASE_URL' && !name.startsWith('SINCEWIRE_')) continue
    const key = name === 'DATABASE_URL' ? 'databaseUrl' : keys.get(name)
    if (key === undefined)
      throw unusable(`The variable ${name} is not a setting.${hint(name, [...keys.keys()])}`)
    // Nothing in it is more often an accident than a wish, and for a key or a list of hosts a dangerous one.
    if (value.trim() === '')
      throw unusable(`The variable ${name} is set but empty: give it a value or unset it.`)
    found.push([key, value, name])
  }
  return found
}

/** A YAML file as dotted keys. */
function readFile(file: string): Map<string, unknown> {
  let content: unknown
  try {
    content = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw unusable(`The settings in ${file} cannot be read: ${reason}.`, error)
  }
  if (content === null) return new Map()
  if (!isGroup(content)) throw unusable(`The settings in ${file} are not a list of keys with values.`)
  return new Map(flatten(content, ''))
}

function flatten(group: Record<string, unknown>, prefix: string): [string, unknown][] {
  return Object.entries(group).flatMap(([key, value]): [string, unknown][] =>
    isGroup(value) ? flatten(value, `${prefix}${key}.`) : [[`${prefix}${key}`, value]],
  )
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function nest(raw: Raw): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const [key, { value }] of raw) {
    const path = key.split('.')
    const last = path.pop() ?? key
    let group = root
    for (const part of path) group = (group[part] ??= {}) as Record<string, unknown>
    group[last] = value
  }
  return root
}

/** The key, and where it came from. Never the value: it may be a secret. */
function describe(path: readonly PropertyKey[], raw: Raw): string {
  // A list's element is at key.0: the key is the longest beginning that is one.
  const parts = path.map(String)
  const key =
    parts.map((_, i) => parts.slice(0, parts.length - i).join('.')).find((k) => raw.has(k)) ?? parts.join('.')
  const from = raw.get(key)?.from
  return from === undefined ? key : `${key} (${from})`
}

/** The known name that is nearest to a misspelt one. */
function hint(name: string, known: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '')
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(plain(name), plain(candidate)) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return near && near.distance <= 3 ? ` Did you mean ${near.candidate}?` : ''
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substituted))
    }
    row = next
  }
  return row[b.length] ?? 0
}
