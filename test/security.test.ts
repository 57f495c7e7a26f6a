import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = new URL('../', import.meta.url)
const text = readFileSync(new URL('SECURITY.md', root), 'utf8')

test('every test that SECURITY.md names exists, and every threat in it names one', () => {
  const named = [...text.matchAll(/`(test\/[\w./-]+\.ts)`/g)].map(([, file]) => file!)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((file) => !existsSync(fileURLToPath(new URL(file, root))))).toEqual([])
  const [, section = ''] = text.split('## Threat model')
  const rows = section
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
  expect(rows.filter((row) => !/`test\//.test(row))).toEqual([])
})
