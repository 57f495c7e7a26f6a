import { expect, test } from 'vitest'
import type { Resolve } from '../../src/outbound/connector.ts'
import { createFindBlocked } from '../../src/outbound/names.ts'

const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  'outside.test': ['93.184.215.14'],
  'inside.test': ['10.1.2.3', 'fd00::1'],
  'both.test': ['10.1.2.3', '93.184.215.14'],
  'port.test': ['10.9.9.9'],
}
const resolve: Resolve = (name, done) => {
  const found = ADDRESSES[name]
  if (!found) return done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), [])
  return done(
    null,
    found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  )
}
const rules = { allow: [], allowHttp: ['*', '10.9.9.9:8443'] }
const url = (host: string) => `https://${host}/hook`

test('names that lead to refused addresses alone are found; what is unknown or an address passes', async () => {
  const findBlocked = createFindBlocked({ rules, proxied: false, resolve })
  const urls = [
    'outside.test',
    'inside.test',
    'both.test',
    'nowhere.test',
    '10.1.2.3',
    'port.test',
    'port.test:8443',
  ]
  const found = await findBlocked([...urls.map(url), 'http://inside.test/other', 'nonsense'])
  expect([...found].toSorted()).toEqual(['http://inside.test/other', url('inside.test'), url('port.test')])
})

test('a name server that hangs is not waited for, and a proxy resolves for itself', async () => {
  const deaf = createFindBlocked({ rules, proxied: false, resolve: () => {}, milliseconds: 20 })
  expect(await deaf([url('inside.test')])).toEqual(new Set())
  expect(await deaf([url('inside.test')])).toEqual(new Set())
  const proxied = createFindBlocked({ rules, proxied: true, resolve })
  expect(await proxied([url('inside.test')])).toEqual(new Set())
})
