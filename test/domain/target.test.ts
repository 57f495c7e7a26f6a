import { describe, expect, test } from 'vitest'
import { addressAllowed, checkTargetUrl, patternFault, type TargetRules } from '../../src/domain/target.ts'

const open: TargetRules = { allow: [], allowHttp: ['*'] }
const rules = (allow: string[], allowHttp: string[] = []): TargetRules => ({ allow, allowHttp })
const kind = (url: string, under: TargetRules) => checkTargetUrl(url, under).kind

// Ways to write an address of our own network, our own host or a cloud's metadata.
const SPELLINGS = [
  '127.0.0.1', '127.1', '127.0.1', '127.255.255.254', '0177.0.0.1', '0177.1', '0x7f.0.0.1', '0x7f.1', '0x7f000001',
  '2130706433', '017700000001', '127.0.0.1.', '127。0。0。1', '127.0.0.1', '①②⑦.⓪.⓪.①', '%31%32%37.0.0.1',
  '0', '0.0.0.0', '0x0', '0.1.2.3',
  '10.0.0.1', '10.1', '0xa000001', '012.0.0.1', '167772161', '172.16.0.1', '172.31.255.255', '172.16.1',
  '192.168.0.1', '192.168.1', '0xc0a80001', '3232235521', '0300.0250.0.1',
  '100.64.0.1', '100.100.100.200', '100.127.255.255',
  '169.254.169.254', '169.254.43518', '0xa9fea9fe', '2852039166', '0251.0376.0251.0376', '169.254.170.2',
  '168.63.129.16', '192.0.0.192', '192.0.0.170', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.19.255.255',
  '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '4294967295',
  '[::]', '[::1]', '[0:0:0:0:0:0:0:1]', '[::127.0.0.1]', '[::7f00:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]',
  '[::ffff:8.8.8.8]', '[::ffff:0:127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::8.8.8.8]', '[64:ff9b:1::1]',
  '[100::1]', '[2001::1]', '[2001:2::1]', '[2001:10::1]', '[2001:db8::1]', '[2002:7f00:1::]', '[2002:a9fe:a9fe::]',
  '[3fff::1]', '[5f00::1]', '[fc00::1]', '[fd00:ec2::254]', '[fe80::1]', '[fec0::1]', '[ff02::1]',
  '[FD00::1]', '[fd20:ce::254]',
] // prettier-ignore

describe('an address that is not on the public internet is refused however it is written', () => {
  test.each(SPELLINGS)('%s', (host) => {
    expect(checkTargetUrl(`http://${host}/hook`, open)).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/private or reserved|must be an https URL/),
    })
    expect(kind(`https://${host}:8443/hook`, open)).toBe('refused')
  })
})

const MALFORMED = [
  '', 'hooks.example.com', '//hooks.example.com/', '/hook', 'https:hooks.example.com', 'https:/hooks.example.com',
  'https:\\\\hooks.example.com', 'https://', 'https:///hook', 'https://?a', 'ftp://hooks.example.com/',
  'file:///etc/passwd', 'gopher://hooks.example.com/', 'javascript:alert(1)', 'data:text/plain,a', 'ws://hooks.example.com/',
  'https://user@hooks.example.com/', 'https://user:pass@hooks.example.com/', 'https://@hooks.example.com/',
  'https://:@hooks.example.com/', 'https://hooks.example.com@127.0.0.1/', 'https://hooks.example.com\\@127.0.0.1/',
  'https://hooks.example.com/#', 'https://hooks.example.com/#part', ' https://hooks.example.com/',
  'https://hooks.example.com/ ', 'https://hooks.example.com/a b', 'https://hooks.exa\tmple.com/',
  'https://hooks.example.com/\r\nX-Evil: 1', 'https://hooks.example.com/\0', 'https://hooks.example.com:0/',
  'https://hooks.example.com:65536/', 'https://hooks.example.com:port/', 'https://[::1/', 'https://256.1.1.1/',
  'https://1.2.3.4.5.0x6/', 'https://[fe80::1%25eth0]/', 'https://exa%00mple.com/',
] // prettier-ignore

test.each(MALFORMED)('a URL is refused when it is not plainly one of https: %j', (url) => {
  expect(kind(url, open)).toBe('refused')
})

test('public hosts and addresses pass, and come back as the URL that is called', () => {
  const urls = [
    'https://hooks.example.com/a?b=c',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]:8443/',
    'https://bücher.example/',
  ]
  for (const url of urls) expect(checkTargetUrl(url, rules([]))).toEqual({ kind: 'ok', url: new URL(url) })
})

test('plain http passes only for hosts that the setting names', () => {
  const under = rules([], ['dev.example.com', '*.test', '127.0.0.1:9090'])
  expect(kind('http://dev.example.com/', under)).toBe('ok')
  expect(kind('http://a.b.test/', under)).toBe('ok')
  expect(kind('http://127.0.0.1:9090/', under)).toBe('ok')
  expect(kind('http://127.0.0.1:9091/', under)).toBe('refused')
  expect(kind('http://other.example.com/', under)).toBe('refused')
  expect(kind('http://test/', under)).toBe('refused')
})

const MATCHES: [pattern: string, hits: string[], misses: string[]][] = [
  ['Example.com', ['https://example.com/', 'https://EXAMPLE.com.:8443/'], ['https://a.example.com/', 'https://example.com.evil.net/']],
  ['*.example.com', ['https://a.example.com/', 'https://a.b.example.com/'], ['https://example.com/', 'https://badexample.com/']],
  ['example.com:8443', ['https://example.com:8443/'], ['https://example.com/']],
  ['example.com:443', ['https://example.com/'], ['https://example.com:8443/']],
  ['*', ['https://example.com/', 'https://8.8.8.8/'], ['https://10.0.0.1/']],
  ['bücher.example', ['https://xn--bcher-kva.example/'], ['https://bucher.example/']],
  ['10.1.2.3', ['https://10.1.2.3/', 'https://10.1.515/'], ['https://10.1.2.4/', 'https://[::ffff:10.1.2.3]/']],
  ['10.0.0.0/8', ['https://10.255.0.1/'], ['https://11.0.0.1/']],
  ['10.0.0.0/8:8443', ['https://10.255.0.1:8443/'], ['https://10.255.0.1/']],
  ['fd00::/8', ['https://[fd12::1]/'], ['https://[fc00::1]/']],
  ['[fd00::1]:8443', ['https://[fd00:0::1]:8443/'], ['https://[fd00::1]/', 'https://[fd00::2]:8443/']],
] // prettier-ignore

test.each(MATCHES)(
  'an allow-list of %s lets through what it names and nothing else',
  (pattern, hits, misses) => {
    expect(patternFault(pattern)).toBeUndefined()
    for (const url of hits) expect([url, kind(url, rules([pattern]))]).toEqual([url, 'ok'])
    for (const url of misses) expect([url, kind(url, rules([pattern]))]).toEqual([url, 'refused'])
  },
)

test('a list of ports lets through no other, whatever the hosts are allowed', () => {
  const under = { allow: ['*', '10.0.0.0/8:9000'], allowHttp: ['*'], ports: [443, 8443] }
  for (const url of ['https://a.example/', 'https://a.example:8443/']) expect(kind(url, under)).toBe('ok')
  for (const url of ['http://a.example/', 'https://a.example:22/', 'https://10.1.1.1:9000/']) {
    expect(kind(url, under)).toBe('refused')
  }
  expect(kind('https://a.example:22/', { ...under, ports: [] })).toBe('ok')
})

test('a malformed pattern is told apart, and closes rather than opens', () => {
  const bad = [
    '',
    ' ',
    'a b',
    'http://a',
    'a/b',
    '10.0.0.0/33',
    '10.0.0.0/x',
    '0x7f.1',
    '1.2.3',
    'a:0',
    'a:99999',
    '*.*.com',
    '[a]',
    'a@b',
  ]
  for (const pattern of bad) expect([pattern, patternFault(pattern)]).toEqual([pattern, expect.any(String)])
  expect(kind('https://example.com/', rules(['not a pattern']))).toBe('refused')
})

test('a resolved private address is called only if an address or network names it, never because of its name', () => {
  expect(addressAllowed('8.8.8.8', rules([]), 443)).toBe(true)
  expect(addressAllowed('127.0.0.1', rules(['localhost', '*'], ['localhost', '*']), 443)).toBe(false)
  expect(addressAllowed('127.0.0.1', rules([], ['127.0.0.0/8']), 443)).toBe(true)
  expect(addressAllowed('127.0.0.1', rules(['127.0.0.1:9090']), 9090)).toBe(true)
  expect(addressAllowed('127.0.0.1', rules(['127.0.0.1:9090']), 22)).toBe(false)
  expect(addressAllowed('::ffff:127.0.0.1', rules(['127.0.0.1']), 443)).toBe(false)
  expect(addressAllowed('fe80::1%eth0', rules(['*']), 443)).toBe(false)
  expect(addressAllowed('not an address', rules(['*']), 443)).toBe(false)
})
