import { beforeAll, describe, expect, test } from 'vitest'
import { testDatabase } from '../support/index.ts'
import { apikey, item, serveRegistration, succeed, type Answer } from './harness.ts'

const database = await testDatabase()
const served = await serveRegistration(database)

beforeAll(async () => {
  await succeed(served.credential(apikey('APP1')))
  await succeed(served.manage(item('bench/a', { listenerName: 'named' })))
})

const long = (length: number) => 'x'.repeat(length)

/** One field of one item, and what the answer says of it. */
const itemFields: readonly [field: string, value: unknown, error: unknown, shown?: string | null][] = [
  ['service', undefined, 'is required', null],
  ['service', null, 'is required', null],
  ['service', '  ', 'is required'],
  ['service', 7, 'must be text', '7'],
  ['service', long(101), 'must be at most 100 characters'],
  ['service', 'bench/a\u0000', 'must not hold control characters'],
  ['service', 'bench/\ud800', 'must be well-formed Unicode'],
  ['listenerName', long(101), 'must be at most 100 characters'],
  ['listenerName', 'a\nb', 'must not hold control characters'],
  ['listenerName', ' a', 'must not begin or end with a blank'],
  ['credentialName', long(101), 'must be at most 100 characters'],
  ['credentialName', 'app 1', 'must hold letters, digits, _ and - only'],
  ['credentialName', ['APP1'], 'must be text', null],
  ['listenerUrl', `https://hooks.receiver.example/${long(225)}`, 'must be at most 255 characters'],
  ['listenerUrl', { url: 'https://hooks.receiver.example/' }, 'must be text', null],
  ['includePayload', 'y', 'must be one of Y, N', 'y'],
  ['includePayload', true, 'must be one of Y, N', 'true'],
  ['enabled', 'X', 'must be one of Y, N', 'X'],
  ['deleteInd', 'YES', 'must be one of Y, N', 'YES'],
  ['intervalSeconds', 0, 'must be from 1 to 999999', '0'],
  ['intervalSeconds', 1_000_000, 'must be from 1 to 999999', '1000000'],
  ['intervalSeconds', 1.5, 'must be a whole number', '1.5'],
  ['intervalSeconds', '900', 'must be a whole number', '900'],
  ['pageLimit', -1, 'must be from 1 to 999999', '-1'],
  ['pageLimit', 1_000_000, 'must be from 1 to 999999', '1000000'],
  ['pageLimit', 'many', 'must be a whole number', 'many'],
  ['heartbeatIntervalHours', 0, 'must be from 1 to 99', '0'],
  ['heartbeatIntervalHours', 100, 'must be from 1 to 99', '100'],
  ['queryParameter', `include=items.${long(2000)}`, 'must be at most 2000 characters'],
  ['queryParameter', 'since=2020-01-01', 'may hold include and exclude only, not since'],
  ['queryParameter', 'include=items..a', expect.stringContaining('items..a')],
  ['sinceTimestamp', '2026-13-01T00:00:00.000Z', expect.stringContaining('must be a date-time')],
  ['sinceTimestamp', '2026-02-30T00:00:00.000Z', expect.stringContaining('must be a date-time')],
  ['sinceTimestamp', '2026-11-20', expect.stringContaining('must be a date-time')],
  ['sinceTimestamp', 1763671560000, expect.stringContaining('must be a date-time')],
  ['signingSecret', 'hunter2', expect.stringContaining('must be GENERATE, or whsec_'), null],
  ['signingSecret', 'whsec_c2hvcnQ=', expect.stringContaining('24 to 64 bytes'), null],
  ['pagelimit', 5, 'is not a known field', null],
  ['__proto__', 5, 'is not a known field', null],
]

const credentialFields: readonly [field: string, value: unknown, error: unknown, shown?: string | null][] = [
  ['credentialName', undefined, 'is required', null],
  ['credentialName', 'a/b', 'must hold letters, digits, _ and - only', 'a/b'],
  ['credentialName', long(101), 'must be at most 100 characters'],
  ['credentialType', 'BASIC', 'must be one of OAUTH, BASICAUTH, APIKEY, MTLS', 'BASIC'],
  ['username', long(101), 'must be at most 100 characters'],
  ['username', 'a:b', 'must not hold a colon', 'a:b'],
  ['username', 'a\r\nx-admin: 1', 'must not hold control characters'],
  ['password', long(101), 'must be at most 100 characters', null],
  ['password', 'pass\nword', 'must not hold control characters', null],
  ['password', 5, 'must be text', null],
  ['apikey', long(2001), 'must be at most 2000 characters', null],
  ['apikey', 'key\r\nhost: evil', 'must not hold control characters', null],
  ['apikey', 'schlüssel', 'must be printable ASCII without blanks at its ends', null],
  ['oauthClientId', long(256), 'must be at most 255 characters'],
  ['oauthClientSecret', long(256), 'must be at most 255 characters', null],
  ['oauthTokenUrl', `https://id.receiver.example/${long(230)}`, 'must be at most 255 characters'],
  ['oauthScope', long(256), 'must be at most 255 characters'],
  ['heartbeatIntervalHours', 100, 'must be from 1 to 99', '100'],
  ['deleteInd', 'y', 'must be one of Y, N', 'y'],
  ['passwrod', 'secret-in-a-typo', 'is not a known field', null],
]

describe('a wrong field is a 400 that names the field and what was expected', () => {
  test.for(itemFields)('webhooks/manage: %s %j', async ([field, value, error, shown]) => {
    const items = [JSON.stringify(item('bench/b')), jsonWith(item('bench/a'), field, value)]
    const sent = `{"collectionSize":2,"items":[${items.join()}]}`
    const { status, body } = await served.call('PUT', 'webhooks/manage', sent)
    expect(status).toBe(400)
    expect(body).toMatchObject({ status: 'ERROR', message: 'Error found in validation of input payload' })
    expect(body.validationErrors).toContainEqual(anError(`manage.items[1].${field}`, error, shown))
  })

  test.for(credentialFields)('credential/manage: %s %j', async ([field, value, error, shown]) => {
    const text = jsonWith(apikey('NEW'), field, value)
    const { status, body } = await served.call('PUT', 'webhook/credential/manage', text)
    expect(status).toBe(400)
    expect(body.validationErrors).toContainEqual(anError(`manage.${field}`, error, shown))
  })

  test.for<[path: string, body: unknown, field: string, error: string]>([
    ['webhooks/manage', {}, 'manage.collectionSize', 'is required'],
    ['webhooks/manage', {}, 'manage.items', 'is required'],
    ['webhooks/manage', { collectionSize: 0, items: [] }, 'manage.collectionSize', 'must be from 1 to 9999'],
    [
      'webhooks/manage',
      { collectionSize: 10_000, items: [] },
      'manage.collectionSize',
      'must be from 1 to 9999',
    ],
    [
      'webhooks/manage',
      { collectionSize: 'one', items: [] },
      'manage.collectionSize',
      'must be a whole number',
    ],
    ['webhooks/manage', { collectionSize: 1, items: [] }, 'manage.items', 'must hold 1 to 9999 items'],
    ['webhooks/manage', { collectionSize: 1, items: 'x' }, 'manage.items', 'must be a list'],
    ['webhooks/manage', { collectionSize: 1, items: [5] }, 'manage.items[0]', 'must be an object'],
    [
      'webhooks/manage',
      { collectionSize: 2, items: [item('bench/a')] },
      'manage.collectionSize',
      'must be the number of items',
    ],
    [
      'webhooks/manage',
      { collectionSize: 2, items: [{}] },
      'manage.collectionSize',
      'must be the number of items',
    ],
    [
      'webhooks/manage',
      { collectionSize: 1, items: [item('bench/a')], more: 1 },
      'manage.more',
      'is not a known field',
    ],
    ['webhooks/manage', [], 'manage', 'must be an object'],
    ['webhook/credential/manage', [], 'manage', 'must be an object'],
    ['webhook/credential/manage', 'null', 'manage', 'must be an object'],
  ])('%s %j: %s', async ([path, sent, field, error]) => {
    const { status, body } = await served.call('PUT', path, sent)
    expect(status).toBe(400)
    expect(body.validationErrors).toContainEqual(anError(field, error))
  })

  test.for<[query: string, field: string, error: string]>([
    ['limit=0', 'limit', 'must be 1 to 6 digits, not zero'],
    ['limit=000', 'limit', 'must be 1 to 6 digits, not zero'],
    ['limit=1000000', 'limit', 'must be 1 to 6 digits, not zero'],
    ['limit=ten', 'limit', 'must be 1 to 6 digits, not zero'],
    ['limit=', 'limit', 'must be 1 to 6 digits, not zero'],
    ['limit=1&limit=2', 'limit', 'must be given once'],
    ['includeMetrics=y', 'includeMetrics', 'must be one of Y, N'],
    ['service=', 'service', 'must not be blank'],
    [`service=${long(101)}`, 'service', 'must be at most 100 characters'],
    ['service=a%00b', 'service', 'must not hold control characters'],
    ['offsetkey=', 'offsetkey', 'must be an offsetkey from a link of this list'],
    ['offsetkey=a,b,c,d', 'offsetkey', 'must be an offsetkey from a link of this list'],
    ['offsetkey=a%00', 'offsetkey', 'must be an offsetkey from a link of this list'],
    ['offsetkey=a%25zz', 'offsetkey', 'must be an offsetkey from a link of this list'],
    ['servise=x', 'servise', 'is not a known field'],
  ])('GET webhooks?%s', async ([query, field, error]) => {
    const { status, body } = await served.list(`?${query}`)
    expect(status).toBe(400)
    expect(body.validationErrors).toContainEqual(anError(field, error))
  })
})

describe('what the business refuses is a 400 that names the service and says why', () => {
  const refusedItems: readonly [title: string, fields: object, errorMessage: string][] = [
    ['unknown service', { service: 'bench/nope' }, 'items[0]: service bench/nope is not known'],
    [
      'no change table',
      { service: 'bench/none' },
      'items[0]: service bench/none has no change table and cannot have a webhook',
    ],
    ['not enabled', { service: 'bench/off' }, 'items[0]: service bench/off is not enabled'],
    ['unknown credential', { credentialName: 'NOPE' }, 'items[0]: credential NOPE is not registered'],
    [
      'missing on create: credential',
      { credentialName: '' },
      'items[0]: credentialName is required to register a listener',
    ],
    [
      'missing on create: URL',
      { listenerUrl: null },
      'items[0]: listenerUrl is required to register a listener',
    ],
    ['not a URL', { listenerUrl: 'hooks.receiver.example' }, 'items[0]: listenerUrl must be an https URL'],
    [
      'another scheme',
      { listenerUrl: 'ftp://hooks.receiver.example/' },
      'items[0]: listenerUrl must be an https URL',
    ],
    [
      'not https',
      { listenerUrl: 'http://hooks.receiver.example/' },
      'items[0]: listenerUrl must be https: plain http is not allowed for this host',
    ],
    [
      'http on another port than the allowed',
      { listenerUrl: 'http://localhost:9001/' },
      'items[0]: listenerUrl must be https: plain http is not allowed for this host',
    ],
    [
      'host not on the list',
      { listenerUrl: 'https://evil.example/' },
      'items[0]: listenerUrl names a host that is not on the list of allowed targets',
    ],
    [
      'a domain is not its subdomains',
      { listenerUrl: 'https://receiver.example/' },
      'items[0]: listenerUrl names a host that is not on the list of allowed targets',
    ],
    [
      'user name in the URL',
      { listenerUrl: 'https://me:pw@hooks.receiver.example/' },
      'items[0]: listenerUrl must not hold a user name or password',
    ],
    [
      'fragment in the URL',
      { listenerUrl: 'https://hooks.receiver.example/#x' },
      'items[0]: listenerUrl must not hold a fragment',
    ],
    [
      "name of another service's listener",
      { service: 'bench/b', listenerName: 'named' },
      'items[0] (listener named): this listenerName is registered for service bench/a',
    ],
    [
      'nothing to delete',
      { listenerName: 'ghost', deleteInd: 'Y' },
      'items[0] (listener ghost): there is no such listener to delete',
    ],
  ]

  test.for(refusedItems)('%s', async ([, fields, errorMessage]) => {
    const asked = item('bench/a', fields as Record<string, unknown>)
    const { status, body } = await served.manage(asked)
    expect(status).toBe(400)
    expect(body).toEqual({
      status: 'ERROR',
      message: 'Error found in processing of input payload',
      businessError: [{ service: asked.service, errorMessage }],
    } satisfies Partial<Answer>)
  })

  test('every failing item is reported, with all that speaks against it, and nothing is registered', async () => {
    const { status, body } = await served.manage(
      item('bench/a'),
      item('bench/nope', { credentialName: 'NOPE', listenerUrl: 'http://x.example/' }),
      item('bench/b', { listenerName: 'two' }),
      item('bench/b', { listenerName: 'two' }),
    )
    expect(status).toBe(400)
    expect(body.businessError?.map(({ errorMessage }) => errorMessage)).toEqual([
      'items[1]: service bench/nope is not known',
      'items[1]: credential NOPE is not registered',
      'items[1]: listenerUrl must be https: plain http is not allowed for this host',
      'items[3] (listener two): the listener is in this call already, as items[2]',
    ])
    expect(await served.listener('bench/a')).toBeUndefined()
    expect(await served.listener('two')).toBeUndefined()
  })

  test('items that are wrong and items that are refused are told in one answer', async () => {
    const { status, body } = await served.manage(
      item('bench/a', { pageLimit: 0 }),
      item('bench/off'),
      item('bench/b'),
    )
    expect(status).toBe(400)
    expect(body).toEqual({
      status: 'ERROR',
      message: 'Error found in validation of input payload',
      validationErrors: [
        { error: 'must be from 1 to 999999', field: 'manage.items[0].pageLimit', inputValue: '0' },
      ],
      businessError: [{ service: 'bench/off', errorMessage: 'items[1]: service bench/off is not enabled' }],
    })
    expect(await served.listener('bench/b')).toBeUndefined()
  })
})

describe('what is no such call at all is told apart', () => {
  test.for<[title: string, method: string, path: string, body: unknown, type: string, status: number]>([
    ['malformed JSON', 'PUT', 'webhooks/manage', '{"collectionSize":', 'application/json', 400],
    ['no body', 'PUT', 'webhooks/manage', '', 'application/json', 400],
    ['another content type', 'PUT', 'webhooks/manage', '{}', 'text/plain', 415],
    ['a form', 'PUT', 'webhook/credential/manage', 'a=b', 'application/x-www-form-urlencoded', 415],
    ['POST webhooks/manage', 'POST', 'webhooks/manage', '{}', 'application/json', 405],
    ['GET webhooks/manage', 'GET', 'webhooks/manage', undefined, '', 405],
    ['GET credential/manage', 'GET', 'webhook/credential/manage', undefined, '', 405],
    ['DELETE webhooks', 'DELETE', 'webhooks', undefined, '', 405],
    ['PUT webhooks', 'PUT', 'webhooks', '{}', 'application/json', 405],
  ])('%s', async ([, method, path, sent, type, status]) => {
    const answer = await served.call(method, path, sent, type)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ status: 'ERROR', message: expect.any(String) as string })
    const allowed = path === 'webhooks' ? 'GET, HEAD' : 'PUT'
    expect(answer.headers.get('allow')).toBe(status === 405 ? allowed : null)
  })
})

test('the contract can be read as OpenAPI: three paths, with lengths, ranges and words', () => {
  const document = served.api.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 't', version: '1' } })
  const root = '/MerchIntegrations/services/administration/operations'
  expect(Object.keys(document.paths ?? {})).toEqual(
    expect.arrayContaining([
      `${root}/webhook/credential/manage`,
      `${root}/webhooks/manage`,
      `${root}/webhooks`,
    ]),
  )
  expect(document.components?.schemas?.['ManageWebhooksItem']).toMatchObject({
    required: ['service'],
    additionalProperties: false,
    properties: {
      pageLimit: { type: ['integer', 'null'], minimum: 1, maximum: 999_999 },
      enabled: { enum: ['Y', 'N', '', null] },
      listenerUrl: { type: ['string', 'null'], maxLength: 255 },
      sinceTimestamp: { format: 'date-time' },
    },
  })
})

/** `shown`: the inputValue; when not given, any text will do. */
function anError(field: string, error: unknown, shown?: string | null) {
  const text = expect.toSatisfy((value) => value === null || typeof value === 'string')
  return { field, error, inputValue: shown === undefined ? text : shown }
}

/** JSON with one field set, whatever its name: an object literal cannot have a `__proto__` of its own. */
function jsonWith(object: object, field: string, value: unknown): string {
  const { [field as keyof typeof object]: _, ...rest } = object
  if (value === undefined) return JSON.stringify(rest)
  return JSON.stringify(rest).replace(/^\{/, `{${JSON.stringify(field)}:${JSON.stringify(value)},`)
}
