import { expect, test } from 'vitest'
import { authority, selfSigned } from './support/authority.ts'
import { post, testClient } from './support/client.ts'
import { rawTlsServer } from './support/rawServer.ts'

const trusted = await authority()
const rules = { allow: [], allowHttp: ['127.0.0.1'] }
const client = testClient({
  rules,
  extraCa: [trusted.ca],
  resolve: (_, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
})
const good = await trusted.issue({ host: 'hooks.test' })
const refused = { kind: 'failed', reason: 'tls' }

test('a certificate of a trusted authority for the name is accepted', async () => {
  const { port } = await rawTlsServer(good)
  expect(await post(client, `https://hooks.test:${port}/`)).toMatchObject({ kind: 'answered', status: 200 })
})

test('an address is checked against the certificate as a name is', async () => {
  const right = await rawTlsServer(await trusted.issue({ host: '127.0.0.1' }))
  expect(await post(client, `https://127.0.0.1:${right.port}/`)).toMatchObject({ status: 200 })
  const wrong = await rawTlsServer(good)
  expect(await post(client, `https://127.0.0.1:${wrong.port}/`)).toMatchObject(refused)
})

test('a certificate for another name, a self-signed one and an expired one are refused by their code', async () => {
  const other = await rawTlsServer(await trusted.issue({ host: 'other.test' }))
  expect(await post(client, `https://hooks.test:${other.port}/`)).toEqual({
    ...refused,
    message: `No secure connection to hooks.test:${other.port} could be made (ERR_TLS_CERT_ALTNAME_INVALID).`,
  })
  const own = await rawTlsServer(await selfSigned('hooks.test'))
  expect(await post(client, `https://hooks.test:${own.port}/`)).toMatchObject({
    ...refused,
    message: expect.stringContaining('SELF_SIGNED_CERT'),
  })
  const expired = await rawTlsServer(await trusted.issue({ host: 'hooks.test', expired: true }))
  expect(await post(client, `https://hooks.test:${expired.port}/`)).toMatchObject({
    ...refused,
    message: expect.stringContaining('CERT_HAS_EXPIRED'),
  })
})

test('an authority that nobody named is not trusted', async () => {
  const stranger = await authority()
  const { port } = await rawTlsServer(await stranger.issue({ host: 'hooks.test' }))
  expect(await post(client, `https://hooks.test:${port}/`)).toMatchObject(refused)
})

test('no switch of the environment turns verification off', async () => {
  const { port } = await rawTlsServer(await selfSigned('hooks.test'))
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    expect(await post(client, `https://hooks.test:${port}/`)).toMatchObject(refused)
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  }
})

test('TLS below 1.2 and plain HTTP on a TLS port are refused; 1.2 and 1.3 are not', async () => {
  const versions = ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
  const replies = []
  for (const version of versions) {
    const ciphers = version === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}
    const { port } = await rawTlsServer({ ...good, ...ciphers, minVersion: version, maxVersion: version })
    replies.push(await post(client, `https://hooks.test:${port}/`))
  }
  expect(replies).toMatchObject([refused, { status: 200 }, { status: 200 }])
})
