/*
 * Input that was made to break something. Texts go into every place that takes text; values, as raw JSON, into every
 * field of every body.
 */

/** What SQL would take for more than a value. */
export const SQL: readonly string[] = [
  "'", "''", '"', ';', '--', '/*', "' or '1'='1", "'; drop table sincewire.listener; --", "1; select pg_sleep(60); --",
  "x' union select secret::text from sincewire.credential --", '$$; truncate sincewire.credential; $$', "\\'; drop schema sincewire cascade; --",
  '$1', '${1}', '%s%n%x', "E'\\x27'", '"; drop table sincewire.listener; --', 'sincewire.credential', 'pg_catalog', '; commit; --', "a' || pg_sleep(60) || '",
  '%', '_', '\\', '\\\\', "\\u0027 or 1=1",
] // prettier-ignore

export const TEXTS: readonly string[] = [
  // another header, another line of the log
  'a\r\nX-Evil: 1', 'a\nX-Evil: 1', 'a\r\n\r\n<html>', 'a\u2028b', 'a\u2029b', 'a\u0085b', '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007', '{"level":"fatal","msg":"forged"}\n{"level":"info"}', '%0d%0aX-Evil:%201', 'a\tb', '\u0008\u0008',
  // SQL
  ...SQL,
  // names that mean something to a program
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN', 'true', '[object Object]', '${7*7}', '{{7*7}}',
  '${jndi:ldap://127.0.0.1/a}', '<script>alert(1)</script>', '<!ENTITY x SYSTEM "file:///etc/passwd">', '`id`', '$(id)', '| id', '; id', '=1+1',
  // paths
  '../../../etc/passwd', '..\\..\\windows', '/etc/passwd', '.', '..', '...', './.', '//', '%2e%2e%2f', '%252e%252e%252f', '..%c0%af', 'a/../b', '/', 'a/', '~root', 'file:///etc/passwd',
  // Unicode
  'é', 'e\u0301', '\u202etxt.exe', '\u200b', '\ufeffa', '\ufffe', '\uffff', '💣', '👩‍👩‍👧‍👦', 'İ', 'ß', 'ﬃ', 'ａ', 'ｅｘａｍｐｌｅ', '\u0000', 'a\u0000b', '\u0001', '\u007f',
  'Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e', 'ก็็็็็็็็็็็็็็็็็็็็', '﷽',
  // numbers and dates
  '0', '-0', '-1', '+1', '1e3', '1e999', '0x10', '1.5', '.5', '1_000', '٣', '999999', '1000000', '2147483648', '9007199254740993', '9223372036854775808',
  '99999999999999999999999999', 'Infinity', '-Infinity', '1970-01-01T00:00:00Z', '0000-00-00T00:00:00Z', '0001-01-01T00:00:00Z', '-000001-01-01T00:00:00Z',
  '+275760-09-13T00:00:00Z', '+999999-12-31T23:59:59Z', '9999-12-31T23:59:59.999Z', '10000-01-01T00:00:00Z', '294277-01-01T00:00:00Z', '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z', '2026-01-32T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01T23:59:60Z', '2026-01-01T00:00:00+99:99', '2026-01-01', 'now', 'infinity', 'epoch', 'today',
  '2026-01-01T00:00:00.123456789Z', '2026-01-01 00:00:00', ' 2026-01-01T00:00:00Z ', '２０２６-01-01T00:00:00Z',
  // sizes
  '', ' ', '   ', '\t', 'a'.repeat(101), 'a'.repeat(256), 'a'.repeat(2001), 'a'.repeat(8000), '💣'.repeat(1000), "'".repeat(4000), ','.repeat(4000), '.'.repeat(4000),
] // prettier-ignore

/** A JSON list or object in itself, so many times. */
const nested = (times: number, open: string, close: string) => open.repeat(times) + close.repeat(times)

/** What a field may be given, written as JSON: some of it no program writes. */
export const VALUES: readonly string[] = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-0.0',
    '1',
    '-1',
    '1.5',
    '1e999',
    '-1e999',
    '1e-999',
    '1E400',
    '1e3',
    '0.1e1',
  ],
  ...[
    '9007199254740993',
    '2147483648',
    '9223372036854775808',
    '1'.repeat(400),
    '-'.concat('9'.repeat(400)),
    `0.${'3'.repeat(400)}`,
  ],
  ...[
    '[]',
    '{}',
    '[[]]',
    '[null]',
    '[{}]',
    '{"a":1}',
    '["a"]',
    '{"__proto__":{"admin":true}}',
    '{"constructor":{"prototype":{"a":1}}}',
  ],
  ...[
    '{"toString":1,"valueOf":1,"toJSON":1,"then":1}',
    '{"length":1e9,"0":"a"}',
    '{"$ref":"#"}',
    '{"":""}',
    '{"a":1,"a":2}',
  ],
  ...[nested(50, '[', ']'), nested(10_000, '[', ']'), `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ...[
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udc00"',
    '"\\ud800a"',
    '"\\ude00\\ud83d"',
    '"\\u0001\\u001f\\u007f"',
    '"\\/"',
  ],
  ...[
    '"\\ud83d\\ude00"',
    '"\\u202e"',
    '"\\uffff"',
    '"\\r\\nX-Evil: 1"',
    `"${'a'.repeat(100_000)}"`,
    `"${'\\u0000'.repeat(1000)}"`,
  ],
]

/** Bodies that are no JSON, or not ours. */
export const BODIES: readonly string[] = [
  '', ' ', 'null', 'true', '0', '-0', '1e999', '""', '"a"', '[]', '[[]]', '{', '}', '[', '{}', '{}{}', '{} {}', '{}x', '{"a"}', '{"a":}', '{"a":1,}', "{'a':1}",
  '{a:1}', '// c\n{}', '/* c */{}', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}', '{"a":0x1}', '{"a":NaN}', '{"a":Infinity}', '{"a":undefined}', '{"a":"\n"}', '{"a":"\t"}',
  '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"\\ud800"}', '{"a":"', '{"a":"\\', '\ufeff{}', '\u0000{}', '{}\u0000', '{"__proto__":1}', '{"__proto__":{"collectionSize":1}}',
  '{"constructor":{"prototype":{}}}', '{"":1}', '{"a":1,"a":2}', '{"items":[],"items":[]}', 'a=1&b=2', '<a/>', '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  nested(100, '[', ']'), nested(200_000, '[', ']'), nested(200_000, '[', ''), `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, '{"a":'.repeat(100_000),
  `[${'0,'.repeat(200_000)}0]`, `{${Array.from({ length: 100_000 }, (_, at) => `"k${at}":0`).join(',')}}`, `{"collectionSize":1,"items":[${'{},'.repeat(9_999)}{}]}`,
  `{"collectionSize":1,"items":[{${Array.from({ length: 100_000 }, (_, at) => `"k${at}":0`).join(',')}}]}`, `{"a":"${'a'.repeat(5_000_000)}"}`, `{"${'a'.repeat(1_000_000)}":1}`,
  `{"a":${'9'.repeat(1_000_000)}}`,
] // prettier-ignore

/** What is put behind the host in a request's first line, as it is. */
export const TARGETS: readonly string[] = [
  '/%00', '/%2e%2e/%2e%2e/etc/passwd', '/..', '/../..', '/./.', '//', '///', '//evil.example/', '/;', '/;a=b', '/%', '/%f', '/%ff', '/%c0%ae%c0%ae/', '/%c0%af', '/%e0%80%af',
  '/%ed%a0%80', '/%f8%80%80%80%af', '/%u0000', '/%0d%0aX-Evil:1', '/%0a', '/%09', '/%20', '/%5c..%5c', '/..%2f', '/..%5c', '/%252e%252e/', '/\\..\\', '/a\\b', '/<script>', '/"', "/'", '/{service}', '/*', '*',
  '/?', '/?&&&', '/?=', '/?a', '/?a=1&a=2', '/?a[]=1', '/?a[b]=1', '/?__proto__=1', '/?__proto__[a]=1', '/?%00=1', '/?a=%ff', '/?a=%', '/#a', '/?#', '/a#b', `/${'a'.repeat(4_000)}`, `/${'a/'.repeat(2_000)}`,
  `/?${'a=1&'.repeat(1_000)}`, `/?${'a'.repeat(4_000)}=1`, 'http://evil.example/', 'http://127.0.0.1/healthz', 'https://evil.example:443/healthz', 'healthz', '?a', '', 'file:///etc/passwd', '/é', '/\u00ff', '/💣',
] // prettier-ignore
