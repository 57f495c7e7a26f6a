import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/*
 * The arrows of the house. A room is a folder of src/; `root` is the composition root (app.ts with app/, database.ts,
 * metrics.ts, main.ts), which may import everything and which only the command line may import. `common` is what has no
 * place of its own: settings, log, parts.
 */
const arrows = {
  domain: ['domain'],
  engine: ['engine', 'domain'],
  db: ['db', 'domain', 'common'],
  secrets: ['secrets', 'domain'],
  // Implement ports that the engine declares; jobs are queued in our own transactions.
  jobs: ['jobs', 'engine', 'db', 'domain', 'common'],
  outbound: ['outbound', 'engine', 'domain', 'common'],
  services: ['services', 'engine', 'db', 'outbound', 'secrets', 'domain', 'common'],
  http: ['http', 'services', 'domain', 'common'],
  console: ['console', 'http', 'services', 'domain', 'common'],
  cli: ['cli', 'services', 'domain', 'common', 'root'],
  common: ['common', 'domain'],
  root: [
    'root',
    'cli',
    'console',
    'http',
    'services',
    'outbound',
    'jobs',
    'secrets',
    'db',
    'engine',
    'domain',
    'common',
  ],
} satisfies Record<string, string[]>
type Room = keyof typeof arrows

/** Packages that have one door into the house. */
const doors: Record<string, readonly Room[]> = {
  'pg-boss': ['jobs'],
  pg: ['db'],
  kysely: ['db', 'root'],
  undici: ['outbound', 'cli'],
  'openid-client': ['outbound'],
  hono: ['http', 'console'],
  '@hono/node-server': ['http', 'cli'],
  '@hono/zod-openapi': ['http', 'console'],
  'rate-limiter-flexible': ['http'],
  commander: ['cli'],
  'cli-progress': ['cli'],
  pino: ['common'],
  '@faker-js/faker': ['services'],
  'csv-parse': ['services'],
  '@streamparser/json': ['services'],
}

/** What the pure rules may use of Node: calculations, no clock, no dice, no disk, no network. */
const pure = ['node:net', 'node:crypto', 'node:buffer', 'node:util', 'node:assert']

const src = fileURLToPath(new URL('../src/', import.meta.url))

interface Import {
  readonly file: string
  readonly room: Room
  readonly target: string
}

function roomOf(file: string): Room {
  const [first = ''] = relative(src, file).split('/')
  if (first in arrows && first !== 'common' && first !== 'root') return first as Room
  return ['app', 'app.ts', 'main.ts', 'database.ts', 'metrics.ts'].includes(first) ? 'root' : 'common'
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  const lines = text.matchAll(
    /^(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm,
  )
  return [...lines].map(([, from, bare, dynamic]) => ({
    file: relative(src, file),
    room: roomOf(file),
    target: from ?? bare ?? dynamic ?? '',
  }))
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const imports = files.flatMap((name) => importsOf(join(src, name)))
const inside = imports.filter(({ target }) => target.startsWith('.'))
const outside = imports.filter(({ target }) => !target.startsWith('.'))
const show = ({ file, target }: Import) => `${file} imports ${target}`

test('every arrow between rooms points the right way', () => {
  expect(inside.length).toBeGreaterThan(100)
  const wrong = inside.filter(({ file, room, target }) => {
    const there = roomOf(resolve(src, dirname(file), target))
    return !(arrows[room] as readonly string[]).includes(there)
  })
  expect(wrong.map(show)).toEqual([])
})

test('a package with one door is imported nowhere else', () => {
  const wrong = outside.filter(({ room, target }) => {
    const name = target
      .split('/')
      .slice(0, target.startsWith('@') ? 2 : 1)
      .join('/')
    return doors[name] !== undefined && !doors[name].includes(room)
  })
  expect(wrong.map(show)).toEqual([])
})

test('the pure rules use no package and nothing of Node that reads a clock, a disk or a network', () => {
  const wrong = outside.filter(({ room, target }) => room === 'domain' && !pure.includes(target))
  expect(wrong.map(show)).toEqual([])
})

test('clock and dice are arguments in domain and engine, and only the settings read the environment', () => {
  const clocks =
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\(|\brandomBytes\(|\bperformance\.now\(/
  const wrong = files.filter((name) => {
    const text = readFileSync(join(src, name), 'utf8').replace(/^\s*(\*|\/\/|\/\*).*$/gm, '')
    const strict = /^(domain|engine)\//.test(name)
    return (strict && clocks.test(text)) || (name !== 'main.ts' && /\bprocess\.env\b/.test(text))
  })
  expect(wrong).toEqual([])
})
