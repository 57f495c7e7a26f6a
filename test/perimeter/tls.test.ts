import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { Agent, get } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import type { Api } from '../../src/http/room.ts'
import { authority, type Certificate } from '../outbound/support/authority.ts'
import { cleanUp, eventually, scratch, serveApi, startService, testDatabase } from '../support/index.ts'
import { rawClient } from './raw.ts'

const { ca, issue } = await authority()
const [first, second] = await Promise.all([issue({ host: '127.0.0.1' }), issue({ host: '127.0.0.1' })])
const rooms = [(api: Api) => void api.get('/ok', (c) => c.json({ address: c.get('address') }))]

/** A folder with a pair of files; `write` replaces both by renaming. */
function pairOfFiles(pair: Certificate) {
  const folder = scratch()
  const certificateFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  const replace = (file: string, text: string) => {
    writeFileSync(`${file}.new`, text)
    renameSync(`${file}.new`, file)
  }
  const write = ({ cert, key }: Partial<Certificate>) => {
    if (cert !== undefined) replace(certificateFile, cert)
    if (key !== undefined) replace(keyFile, key)
  }
  write(pair)
  return { folder, write, settings: tlsSettings(certificateFile, keyFile) }
}

const tlsSettings = (certificateFile: string, keyFile: string) => ({
  'tls.certificateFile': certificateFile,
  'tls.keyFile': keyFile,
  'tls.reloadIntervalMilliseconds': 20,
})

/** The certificate that a new connection is shown, without the line breaks; throws when TLS fails. */
async function shownOn(port: number, options: object = {}): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ca, ...options })
  try {
    await once(socket, 'secureConnect')
    return socket.getPeerCertificate().raw.toString('base64')
  } finally {
    socket.destroy()
  }
}

const bare = ({ cert }: Certificate) => cert.replace(/-----[^-]*-----|\s/g, '')

function collectLog() {
  const lines: string[] = []
  const log = pino(new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) }))
  return { lines, log, said: (level: number) => lines.filter((line) => JSON.parse(line).level === level) }
}

/** One request over an agent whose connections stay open. */
async function ask(url: string, agent: Agent): Promise<IncomingMessage> {
  const [answer] = (await once(get(url, { agent }), 'response')) as [IncomingMessage]
  answer.resume()
  await once(answer, 'end')
  return answer
}

function agentOf() {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 1 })
  cleanUp(() => agent.destroy())
  return agent
}

describe('TLS', () => {
  test('is spoken from 1.2 on, and browsers are told to insist on it', async () => {
    const { url, port } = await serveApi({ rooms }, pairOfFiles(first).settings)
    const answer = await ask(`${url}/ok`, agentOf())
    expect([answer.statusCode, answer.headers['strict-transport-security']]).toEqual([
      200,
      'max-age=31536000',
    ])
    expect(await shownOn(port, { maxVersion: 'TLSv1.2' })).toBe(bare(first))
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    await expect(shownOn(port, old)).rejects.toThrow(/protocol version/)
    const plain = await rawClient(port)
    plain.socket.write('GET /ok HTTP/1.1\r\nhost: x\r\n\r\n')
    expect(await plain.over).not.toContain('200')
    expect((await ask(`${url}/ok`, agentOf())).statusCode).toBe(200)
  })

  test('can be held to 1.3', async () => {
    const settings = { ...pairOfFiles(first).settings, 'tls.minimumVersion': 1.3, 'tls.hstsSeconds': 0 }
    const { url, port } = await serveApi({ rooms }, settings)
    await expect(shownOn(port, { maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/)
    expect((await ask(`${url}/ok`, agentOf())).headers['strict-transport-security']).toBeUndefined()
  })

  test('has the limits of plain http: mute and excess connections are closed', async () => {
    const { port } = await serveApi(
      { rooms },
      {
        ...pairOfFiles(first).settings,
        'limits.connectionsPerAddress': 3,
        'limits.headersTimeoutMilliseconds': 300,
      },
    )
    const mute = await rawClient(port, { from: '127.0.0.2' }) // not even a handshake
    const silent = await rawClient(port, { from: '127.0.0.2', ca })
    const half = await rawClient(port, { from: '127.0.0.2', ca })
    half.socket.write('GET /ok HTTP/1.1\r\n')
    expect(await (await rawClient(port, { from: '127.0.0.2', ca })).over).toBe('')
    await Promise.all([mute.over, silent.over])
    expect(await half.over).toMatch(/^HTTP\/1\.1 408 .*"status":"ERROR"/s)
    expect(await shownOn(port, { localAddress: '127.0.0.2' })).toBe(bare(first))
  })

  test('does not hold up a stop', async () => {
    const { port, close, url } = await serveApi({ rooms }, pairOfFiles(first).settings)
    const waiting = [await rawClient(port), await rawClient(port, { ca })]
    await ask(`${url}/ok`, agentOf()) // its connection stays open
    await close(600_000)
    await Promise.all(waiting.map(({ over }) => over))
  })
})

describe('a new pair', () => {
  test('renamed over the old one is used by new connections; those that stand go on', async () => {
    const files = pairOfFiles(first)
    const { url, port } = await serveApi({ rooms }, files.settings)
    const agent = agentOf()
    const before = (await ask(`${url}/ok`, agent)).socket as TLSSocket
    files.write(second)
    await eventually(async () => (await shownOn(port)) === bare(second))
    expect((await ask(`${url}/ok`, agent)).socket).toBe(before)
    await expect(
      shownOn(port, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow(/protocol version/)
  })

  test('behind a symbolic link that is swapped is used, as a Kubernetes secret comes', async () => {
    const folder = scratch()
    for (const [name, { cert, key }] of Object.entries({ one: first, two: second })) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'tls.crt'), cert)
      writeFileSync(join(folder, name, 'tls.key'), key)
    }
    const point = (to: string) => {
      symlinkSync(to, join(folder, 'new'))
      renameSync(join(folder, 'new'), join(folder, 'data'))
    }
    point('one')
    for (const name of ['tls.crt', 'tls.key']) symlinkSync(`data/${name}`, join(folder, name))
    const { port } = await serveApi({ rooms }, tlsSettings(join(folder, 'tls.crt'), join(folder, 'tls.key')))
    expect(await shownOn(port)).toBe(bare(first))
    point('two')
    await eventually(async () => (await shownOn(port)) === bare(second))
  })

  test('that is broken is not used but told, once and without the key; the next good one is used', async () => {
    const files = pairOfFiles(first)
    const { log, lines, said } = collectLog()
    const { port } = await serveApi({ log, rooms }, files.settings)
    const faults = [
      () => files.write({ cert: second.cert }), // not the key of this one
      () => files.write({ ...first, key: second.key.slice(0, 60) }),
      () => files.write({ cert: 'nothing', key: second.key }),
      () => rmSync(join(files.folder, 'key.pem')),
    ]
    for (const [index, breakIt] of faults.entries()) {
      breakIt()
      await eventually(() => said(40).length === index + 1)
      expect(await shownOn(port)).toBe(bare(first))
    }
    files.write(second)
    await eventually(async () => (await shownOn(port)) === bare(second))
    expect([said(40).length, said(30).length]).toEqual([faults.length, 2])
    const material = [first, second].flatMap(({ key }) => key.split('\n').slice(1, -2))
    expect(material.filter((part) => lines.join('').includes(part))).toEqual([])
  })
})

test('an expired certificate is used, and told', async () => {
  const { log, said } = collectLog()
  await serveApi({ log, rooms }, pairOfFiles(await issue({ host: '127.0.0.1', expired: true })).settings)
  expect(said(40).join('')).toContain('a TLS certificate is in use, but it has expired')
})

describe('a bad pair stops the start with one sentence that names the setting', () => {
  const folder = scratch()
  const file = (name: string, text: string) => (writeFileSync(join(folder, name), text), join(folder, name))
  const [cert, key] = [file('cert.pem', first.cert), file('key.pem', first.key)]
  const cases: [title: string, settings: Record<string, string>, message: RegExp][] = [
    [
      'only one of two',
      { 'tls.certificateFile': cert },
      /^The setting tls\.keyFile .*must be set when tls\.certificateFile is\.$/,
    ],
    [
      'only the other',
      { 'tls.keyFile': key },
      /^The setting tls\.certificateFile .*must be set when tls\.keyFile is\.$/,
    ],
    [
      'not there',
      tlsSettings(join(folder, 'no.pem'), key) as never,
      /^The setting tls\.certificateFile names .* ENOENT\.$/,
    ],
    ['a folder', tlsSettings(cert, folder) as never, /^The setting tls\.keyFile names .* EISDIR\.$/],
    [
      'no certificate',
      tlsSettings(key, key) as never,
      /^The setting tls\.certificateFile names .* no certificate in PEM\.$/,
    ],
    [
      'no key',
      tlsSettings(cert, cert) as never,
      /^The setting tls\.keyFile names .* no private key in PEM without a passphrase\.$/,
    ],
    [
      'of another pair',
      tlsSettings(cert, file('other.pem', second.key)) as never,
      /^The setting tls\.keyFile names .* is not the key of .*\.$/,
    ],
  ]
  test.each(cases)('%s', async (_, settings, message) => {
    await expect(serveApi({ rooms }, settings)).rejects.toThrow(message)
  })
})

test('the service says https in its log and links, and stops in order under open connections', async () => {
  const database = await testDatabase()
  const { folder } = pairOfFiles(first)
  const service = startService({
    env: {
      DATABASE_URL: database.url,
      SINCEWIRE_DATA_DIR: scratch(),
      SINCEWIRE_TLS_CERTIFICATE_FILE: join(folder, 'cert.pem'),
      SINCEWIRE_TLS_KEY_FILE: join(folder, 'key.pem'),
    },
  })
  const url = await service.ready
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  const port = Number(new URL(url).port)
  expect((await ask(`${url}/readyz`, agentOf())).statusCode).toBe(200)
  const waiting = [await rawClient(port), await rawClient(port, { ca })]
  expect(await service.stop()).toMatchObject({ code: 0, stderr: '' })
  await Promise.all(waiting.map(({ over }) => over))
})
