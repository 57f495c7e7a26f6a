import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { readSettings, variableFor } from '../../src/settings.ts'
import { runCommand, scratch } from '../support/index.ts'

const fault = (sources: Parameters<typeof loadConfig>[0]): string => {
  try {
    loadConfig(sources)
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

test('the manual alone is a complete and valid set of settings', () => {
  expect(loadConfig({})).toMatchObject({ host: '127.0.0.1', port: 8080, engine: { concurrency: 64 } })
})

test('a variable is stronger than a file, and a file than the manual', () => {
  const file = join(scratch(), 'my.yaml')
  writeFileSync(file, 'port: 1001\nengine:\n  retry:\n    holdBaseSeconds: 7\n')
  const config = loadConfig({ files: [file], env: { SINCEWIRE_PORT: '1002' } })
  expect(config.port).toBe(1002)
  expect(config.engine.retry).toEqual({
    inPlaceRetries: 2,
    inPlaceDelayMilliseconds: 500,
    holdBaseSeconds: 7,
    holdMaxSeconds: 3600,
  })
})

test('lists, keys and addresses are read from variables', () => {
  const key = Buffer.alloc(32, 7)
  const config = loadConfig({
    env: {
      SINCEWIRE_TARGETS_ALLOW: 'hooks.example.com, *.example.org,10.0.0.0/8',
      SINCEWIRE_TARGETS_PORTS: '443, 8443',
      SINCEWIRE_MASTER_KEY: key.toString('base64'),
      SINCEWIRE_PUBLIC_URL: 'https://feeds.example.com/',
      DATABASE_URL: 'postgresql://u:p@db/x',
    },
  })
  expect(config.targets.allow).toEqual(['hooks.example.com', '*.example.org', '10.0.0.0/8'])
  expect(config.targets.ports).toEqual([443, 8443])
  expect(config.masterKey).toEqual(key)
  expect([config.publicUrl, config.databaseUrl]).toEqual([
    'https://feeds.example.com',
    'postgresql://u:p@db/x',
  ])
})

test('every key of the manual is explained there', () => {
  const manual = readFileSync(new URL('../../config/default.yaml', import.meta.url), 'utf8').split('\n')
  const bare = manual.filter((line, i) => {
    const indent = /^( *)\w+:/.exec(line)?.[1]?.length
    if (indent === undefined || /#/.test(line)) return false
    // Explained by the comment above it, or as one of a group that the comment above the first one explains.
    const above = manual
      .slice(0, i)
      .findLast((l) => l.trim() === '' || l.trim().startsWith('#') || l.search(/\S/) < indent)
    return !above?.trim().startsWith('#') && !manual[i + 1]?.startsWith(' '.repeat(indent + 2))
  })
  expect(bare).toEqual([])
})

describe('a bad setting is named, with where it came from, and its value is not shown', () => {
  const cases: [title: string, env: Record<string, string>, message: string][] = [
    ['out of range', { SINCEWIRE_PORT: '99999' }, 'The setting port (SINCEWIRE_PORT) must be at most 65535.'],
    [
      'two at once',
      { SINCEWIRE_PORT: 'x', SINCEWIRE_LOG_LEVEL: 'loud' },
      'The setting port (SINCEWIRE_PORT) must be a whole number from 0 to 65535; the setting logLevel (SINCEWIRE_LOG_LEVEL) must be one of trace, debug, info, warn, error, fatal, silent.',
    ],
    [
      'at odds with another',
      { SINCEWIRE_LIMITS_REQUEST_TIMEOUT_MILLISECONDS: '5000' },
      'The setting limits.requestTimeoutMilliseconds (SINCEWIRE_LIMITS_REQUEST_TIMEOUT_MILLISECONDS) must be at least limits.headersTimeoutMilliseconds: the headers are a part of the request.',
    ],
    [
      'a network',
      { SINCEWIRE_PROXIES_TRUSTED: '10.0.0.0/8,10.0.0.0/33' },
      'The setting proxies.trusted (SINCEWIRE_PROXIES_TRUSTED) must hold addresses or networks such as 10.0.0.0/8.',
    ],
    [
      'everybody as a proxy',
      { SINCEWIRE_PROXIES_TRUSTED: '10.0.0.0/8,::/0' },
      'The setting proxies.trusted (SINCEWIRE_PROXIES_TRUSTED) must not hold everybody (/0).',
    ],
    [
      'misspelt',
      { SINCEWIRE_PRT: '1' },
      'The variable SINCEWIRE_PRT is not a setting. Did you mean SINCEWIRE_PORT?',
    ],
    [
      'set but empty',
      { SINCEWIRE_ADMIN_KEY: ' ' },
      'The variable SINCEWIRE_ADMIN_KEY is set but empty: give it a value or unset it.',
    ],
    [
      'a secret',
      { SINCEWIRE_MASTER_KEY: 'hunter2' },
      'The setting masterKey (SINCEWIRE_MASTER_KEY) must be 32 bytes in base64 or hex.',
    ],
    [
      'a proxy of another kind',
      { SINCEWIRE_OUTGOING_PROXY: 'socks5://u:hunter2@proxy:1080' },
      'The setting outgoing.proxy (SINCEWIRE_OUTGOING_PROXY) must be a URL such as http://user:password@host:3128, without a path.',
    ],
    [
      'a proxy with a path',
      { SINCEWIRE_OUTGOING_PROXY: 'http://u:hunter2@proxy:3128/path' },
      'The setting outgoing.proxy (SINCEWIRE_OUTGOING_PROXY) must be a URL such as http://user:password@host:3128, without a path.',
    ],
    [
      'a port',
      { SINCEWIRE_TARGETS_PORTS: '443,65536' },
      'The setting targets.ports (SINCEWIRE_TARGETS_PORTS) must be at most 65535.',
    ],
    [
      'a database of another kind',
      { DATABASE_URL: 'mysql://u:hunter2@db/x' },
      'The setting databaseUrl (DATABASE_URL) must be a URL such as postgresql://user:password@host:5432/database.',
    ],
  ]
  test.each(cases)('%s', (_, env, message) => {
    expect(fault({ env })).toBe(message)
  })

  test('in a file: an unknown key, or one of the wrong kind', () => {
    const file = join(scratch(), 'my.yaml')
    writeFileSync(file, 'engine:\n  concurency: 5\n')
    expect(fault({ files: [file] })).toBe(
      `The setting engine.concurency in ${file} is not known. Did you mean engine.concurrency?`,
    )
    writeFileSync(file, 'targets:\n  allow: [ok.example, "not a host"]\n')
    expect(fault({ files: [file] })).toMatch(
      /^The setting targets\.allow \(\S+my\.yaml\) must be a host name/,
    )
    expect(fault({ files: [join(file, 'gone')] })).toMatch(/^The settings in \S+gone cannot be read: ENOTDIR/)
  })
})

test('a bad setting stops the start with one sentence and exit code 1', async () => {
  const refused = await runCommand(['serve'], { env: { SINCEWIRE_PORT: '-1' } })
  expect(refused).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'The setting port (SINCEWIRE_PORT) must be a whole number from 0 to 65535.\n',
  })
})

test('--config and SINCEWIRE_CONFIG name a file; the option is the stronger', async () => {
  const folder = scratch()
  const [one, two] = [join(folder, 'one.yaml'), join(folder, 'two.yaml')]
  writeFileSync(one, 'logLevel: one')
  writeFileSync(two, 'logLevel: two')
  const env = { SINCEWIRE_CONFIG: one, SINCEWIRE_DATA_DIR: folder }
  expect((await runCommand(['migrate'], { env })).stderr).toContain(`The setting logLevel (${one}) must be`)
  expect((await runCommand(['migrate', '--config', two], { env })).stderr).toContain(
    `The setting logLevel (${two}) must be`,
  )
})

test('every key can be set by a variable of its own', () => {
  const keys = Object.keys(readSettings({}).values)
  expect(variableFor('engine.retry.holdBaseSeconds')).toBe('SINCEWIRE_ENGINE_RETRY_HOLD_BASE_SECONDS')
  expect(new Set(keys.map(variableFor)).size).toBe(keys.length)
})
