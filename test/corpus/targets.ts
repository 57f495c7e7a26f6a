/*
 * Ways to write a place that must not be called: our own host and network, a cloud's metadata, whatever is not on the
 * public internet. Each is refused when it is registered and again when it is called.
 */

/** IPv4 addresses, each for its range. */
const PLACES = [
  '127.0.0.1',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '169.254.169.254',
  '100.100.100.200',
  '0.0.0.0',
] as const

/** The same address in everything that some parser takes for it. */
function spellingsOf(address: string): readonly string[] {
  const bytes = address.split('.').map(Number) as [number, number, number, number]
  const [a, b, c, d] = bytes
  const whole = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)]
  const each = (spell: (byte: number) => string) => bytes.map(spell).join('.')
  const hex = whole.toString(16)
  return [
    address,
    `${address}.`,
    String(whole),
    `0x${hex}`,
    `0X${hex.toUpperCase()}`,
    `0x${hex.padStart(16, '0')}`,
    `0${whole.toString(8)}`,
    `0000${whole.toString(8)}`,
    each((byte) => `0x${byte.toString(16)}`),
    each((byte) => `0${byte.toString(8)}`),
    each((byte) => `0000${byte.toString(8)}`),
    `0${a.toString(8)}.0x${b.toString(16)}.${c * 256 + d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    address.replaceAll('.', '。'),
    address.replaceAll('.', '．'),
    address.replaceAll('.', '｡'),
    inDigits(address, '０'),
    inDigits(address, '𝟎'),
    inDigits(address, '𝟘'),
    address.replace(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    address.replaceAll('.', '%2e'),
    `${address[0]}\u00ad${address.slice(1)}`, // a soft hyphen, which IDNA drops
    `${address[0]}\u200b${address.slice(1)}`,
    ...inV6(address, high, low),
  ]
}

/** Digits of another alphabet, which IDNA maps to ours. */
function inDigits(address: string, zero: string): string {
  const first = zero.codePointAt(0) ?? 0
  return address.replace(/\d/g, (digit) => String.fromCodePoint(first + Number(digit)))
}

/** Inside of an IPv6 address: mapped, compatible, translated, 6to4, NAT64, Teredo, ISATAP. */
function inV6(address: string, high: string, low: string): readonly string[] {
  const inverted = [high, low].map((part) => (0xffff ^ parseInt(part, 16)).toString(16)).join(':')
  return [
    `[::ffff:${address}]`,
    `[::ffff:${high}:${low}]`,
    `[0:0:0:0:0:FFFF:${high.toUpperCase()}:${low.toUpperCase()}]`,
    `[::${address}]`,
    `[::${high}:${low}]`,
    `[::ffff:0:${address}]`,
    `[2002:${high}:${low}::]`,
    `[2002:${high}:${low}::1]`,
    `[64:ff9b::${address}]`,
    `[64:ff9b::${high}:${low}]`,
    `[64:ff9b:1::${address}]`,
    `[2001:0:4136:e378:8000:63bf:${inverted}]`,
    `[fe80::5efe:${address}]`,
  ]
}

/** Beside those: a few of each other range, and IPv6 alone. */
const OTHERS = [
  '127.255.255.254', '0.1.2.3', '10.255.255.255', '172.31.255.255', '192.168.255.255', '169.254.170.2', '100.64.0.1',
  '100.127.255.255', '168.63.129.16', '192.0.0.170', '192.0.0.192', '192.0.2.1', '192.88.99.1', '198.18.0.1',
  '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255', '0',
  '[::]', '[::1]', '[0::1]', '[0:0:0:0:0:0:0:1]', '[0000:0000:0000:0000:0000:0000:0000:0001]', '[::0.0.0.1]',
  '[::1%25lo]', '[::1%lo]', '[fe80::1]', '[fe80::1%25eth0]', '[FE80::1%eth0]', '[febf::1]', '[fec0::1]', '[fc00::1]',
  '[fd00:ec2::254]', '[fd20:ce::254]', '[FD00::1]', '[ff01::1]', '[ff02::1]', '[ff0e::1]', '[100::1]', '[100:0:0:1::1]',
  '[2001::1]', '[2001:2::1]', '[2001:10::1]', '[2001:20::1]', '[2001:db8::1]', '[3fff::1]', '[5f00::1]', '[4000::1]',
  '[64:ff9b::8.8.8.8]', '[::ffff:8.8.8.8]', '[2002:808:808::1]',
] // prettier-ignore

/** Hosts, to be put into a URL with any scheme, port and path. */
export const HOSTS: readonly string[] = [...new Set([...PLACES.flatMap(spellingsOf), ...OTHERS])]

const PUBLIC = 'hooks.receiver.example'
/** Whole URLs that only look as if they named a public host by https. `trap`: a port of ours. */
export function trickyUrls(trap: number): readonly string[] {
  const inside = `127.0.0.1:${trap}`
  return [
    // somebody else before the @, or a part of the path in its place
    `https://${PUBLIC}@${inside}/`, `https://${PUBLIC}:443@${inside}/`, `https://${PUBLIC}%40${inside}/`,
    `https://${PUBLIC}#@${inside}/`, `https://${PUBLIC}?@${inside}/#`, `https://${PUBLIC}\\@${inside}/`,
    `https://${PUBLIC}\\.${inside}/`, `https://user:pass@${PUBLIC}/`, `https://@${PUBLIC}/`, `https://:@${PUBLIC}/`,
    `https://${inside}\\@${PUBLIC}/`, `https://${inside}#@${PUBLIC}/`, `https://${inside}?@${PUBLIC}/`,
    `https://${inside}%2f@${PUBLIC}/`, `https://${inside}%23@${PUBLIC}/`, `https://${inside}%00@${PUBLIC}/`,
    // schemes
    'file:///etc/passwd', 'ftp://127.0.0.1/', 'gopher://127.0.0.1:70/_x', 'dict://127.0.0.1:11211/stat', 'ldap://127.0.0.1/',
    'tftp://127.0.0.1/x', 'jar:http://127.0.0.1!/', 'netdoc:///etc/passwd', 'javascript:alert(1)', 'data:text/plain,a',
    'blob:https://127.0.0.1/a', 'about:blank', 'ws://127.0.0.1/', 'wss://127.0.0.1/', 'unix:///var/run/docker.sock',
    'http+unix://%2Fvar%2Frun%2Fdocker.sock/', 'view-source:https://127.0.0.1/', 'feed:https://127.0.0.1/',
    `//${inside}/`, `///${inside}/`, `\\\\127.0.0.1\\share`, `${inside}/`, '/hook', 'https:', 'https://', 'https:///', 'https://?a',
    `https:${inside}/`, `https:/${inside}/`, `https:///${inside}/`, `https:////${inside}/`, `https:\\\\${inside}\\`,
    `https:/\\${inside}/`, `hTTpS:\\/${inside}/`, `https;//${inside}/`, `https//${inside}/`,
    // white space and control characters, which URL parsers drop
    `ht\ttps://${inside}/`, `https://127.0\t.0.1:${trap}/`, `https://127.0.0.1\n:${trap}/`, `https://127.0.0.1\r\n.${PUBLIC}/`,
    `https://${inside}/\r\nHost: ${PUBLIC}`, `https://${PUBLIC}/ HTTP/1.1\r\nX-Evil: 1\r\n\r\n`, `https://${PUBLIC}/\0`,
    `https://${PUBLIC}\0.${inside}/`, `https://${PUBLIC} /`, `https://${PUBLIC} @${inside}/`, `https://${inside} .${PUBLIC}/`,
    `https://${PUBLIC}\u2028@${inside}/`, `https://127.0.0.1\u3000:${trap}/`, `\u0001https://${inside}/`, `https://\u007f${inside}/`,
    `https://127.0.0.1\u0085:${trap}/`, `https://\ufeff${inside}/`,
    // ports
    'https://127.0.0.1:/', 'https://127.0.0.1:0/', 'https://127.0.0.1:00443/', 'https://127.0.0.1:65536/', `https://${PUBLIC}:0/`,
    `https://${PUBLIC}:65536/`, `https://${PUBLIC}:-1/`, `https://${PUBLIC}:4 4/`, `https://${PUBLIC}:8e1/`, `https://${PUBLIC}:0x50/`,
    `https://${PUBLIC}:80:${trap}/`, `https://${PUBLIC}:８０/`,
    // broken hosts
    'https://[::1/', 'https://::1/', 'https://[127.0.0.1]/', 'https://[::1]]/', 'https://[[::1]]/', 'https://[::1].example/',
    'https://[::ffff:127.0.0.1.]/', 'https://[::ffff:127.0.0]/', 'https://[::ffff:0x7f.0.0.1]/', 'https://[v1.127]/', 'https://[]/',
    'https://256.256.256.256/', 'https://127.0.0.0x100/', 'https://1.2.3.4.5/', 'https://127.0.0.1.0x/', 'https://0x/', 'https://09/',
    'https://127..0.1/', 'https://127.0.0.1../', 'https://4294967296/', 'https://-1/', 'https://0x100000000/', 'https://./',
    'https://exa%00mple.com/', 'https://exa%20mple.com/', 'https://exa%2fmple.com/', 'https://exa%25mple.com/',
    'https://exa<mple.com/', 'https://exa|mple.com/', 'https://exa^mple.com/',
    'https://%6c%6f%63%61%6c%68%6f%73%74%00/', 'https://${jndi:ldap://127.0.0.1/a}/', 'https://$(hostname).example/ ',
  ] // prettier-ignore
}

/** Addresses as a resolver gives them for an innocent name. */
export const RESOLVED: readonly string[] = [
  ...PLACES,
  ...PLACES.flatMap((address) => [`::ffff:${address}`, `64:ff9b::${address}`, `::${address}`]),
  ...OTHERS.filter((host) => !host.includes('%') && host !== '0').map((host) => host.replace(/^\[|\]$/g, '')),
  '2002:7f00:1::1',
  'fe80::1%lo',
  '',
  'localhost',
]

/** Names that lead home, as written by somebody who controls a zone or knows /etc/hosts. */
export const NAMES: readonly string[] = [
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'localhost.localdomain',
    'ip6-localhost',
    'a.localhost',
    'ｌｏｃａｌｈｏｓｔ',
  ],
  ...[
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
    '%6c%6f%63%61%6c%68%6f%73%74',
    'loc\u00adalhost',
    '127.0.0.1.nip.example',
    '127-0-0-1.sslip.example',
  ],
  ...[
    'metadata.google.internal',
    'metadata',
    'instance-data',
    'kubernetes.default.svc',
    'xn--rebind.example',
    'bücher.example',
  ],
]
