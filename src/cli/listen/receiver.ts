import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { signatureFault } from '../../domain/signature.ts'
import { verifyingKey } from '../../domain/signingKey.ts'
import { parseBody, type Body, type WindowBody } from './body.ts'
import { admits, type ExpectedCredential } from './credential.ts'
import { edgesOf, Followed, type SavedListener } from './listener.ts'
import { pull } from './pull.ts'
import type { PublishedRecord } from './replica.ts'
import { addToReport, EMPTY_REPORT, type Happening, type Report } from './report.ts'

/** How a receiver misbehaves. */
export interface Misbehaviour {
  /** The share of calls answered with `status`, from 0 to 1. */
  readonly failRate: number
  readonly status: number
  /** Before every answer. */
  readonly delayMilliseconds: number
}

export interface ReceiverOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: a free one. */
  readonly port?: number
  /** `whsec_…` or `whpk_…`: calls that none of them has signed are refused. */
  readonly signingKeys?: readonly string[] | undefined
  /** Calls that do not show it are refused. */
  readonly credential?: ExpectedCredential | undefined
  readonly misbehaviour?: Partial<Misbehaviour>
  /** The fields that make up a record's key, by service; `*` for the others. What a call says itself wins. */
  readonly keys?: Readonly<Record<string, readonly string[]>>
  /** Where EVENT links lead; no slash at its end. Without it no link is followed. */
  readonly publishUrl?: string | (() => string)
  readonly publishKey?: string | undefined
  /** What an earlier run saved. */
  readonly saved?: readonly SavedListener[]
  readonly onHappening?: (happening: Happening) => void
  /** In [0, 1). */
  readonly dice?: () => number
  /** Milliseconds since 1970. */
  readonly clock?: () => number
}

export interface Receiver {
  /** e.g. http://127.0.0.1:9090 */
  readonly url: string
  readonly port: number
  /** What was counted so far. */
  report(): Report
  /** The listeners that called (or were saved), with the last window and what their calls left. */
  listeners(): readonly Followed[]
  /** A listener's records by key: empty until it has called. */
  records(listenerName: string): ReadonlyMap<string, PublishedRecord>
  /** From now on. */
  misbehave(change: Partial<Misbehaviour>): void
  /** Resolves when every EVENT that has come is pulled. */
  settled(): Promise<void>
  /** Takes no more calls; what is still being pulled is left. */
  close(): Promise<void>
}

/** A page of 999,999 records is large; more than this is nothing that we could hold as text. */
const MAX_BODY_BYTES = 400 * 1024 * 1024
/** Webhook ids kept to tell repeated calls. */
const MAX_SEEN = 100_000

/** Starts a receiver: a real HTTP server. Rejects with the system's error when the port is taken. */
export async function createReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const { host = '127.0.0.1', port = 0, onHappening, saved = [] } = options
  const stop = new AbortController()
  const state: State = {
    options,
    keys: options.signingKeys?.map(keyOf) ?? [],
    misbehaviour: { failRate: 0, status: 503, delayMilliseconds: 0, ...options.misbehaviour },
    followed: new Map(saved.map((one) => [one.listenerName, new Followed(one)])),
    seen: new Set(),
    report: EMPTY_REPORT,
    signal: stop.signal,
    tell(happening) {
      state.report = addToReport(state.report, happening)
      onHappening?.(happening)
    },
  }
  const server = createServer((request, response) => {
    handle(state, request, response).catch(() => request.destroy())
  })
  server.listen(port, host)
  await once(server, 'listening')
  const taken = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    port: taken,
    report: () => state.report,
    listeners: () => [...state.followed.values()],
    records: (listenerName) => state.followed.get(listenerName)?.replica.live() ?? new Map(),
    misbehave: (change) => void (state.misbehaviour = { ...state.misbehaviour, ...change }),
    settled: async () => {
      await Promise.all([...state.followed.values()].map((one) => one.idle()))
    },
    async close() {
      stop.abort()
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

interface State {
  readonly options: ReceiverOptions
  readonly keys: readonly KeyObject[]
  misbehaviour: Misbehaviour
  readonly followed: Map<string, Followed>
  readonly seen: Set<string>
  report: Report
  readonly signal: AbortSignal
  tell(happening: Happening): void
}

async function handle(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bytes = await readBody(request)
  const { failRate, status, delayMilliseconds } = state.misbehaviour
  const unlucky = failRate > 0 && (state.options.dice ?? Math.random)() < failRate
  const refused = unlucky
    ? { status, reason: 'on purpose', onPurpose: true }
    : await takeCall(state, request, bytes)
  if (refused) state.tell({ kind: 'refused', ...refused })
  if (delayMilliseconds > 0) await delay(delayMilliseconds)
  response.writeHead(refused?.status ?? 200).end()
}

interface Refusal {
  readonly status: number
  readonly reason: string
  readonly onPurpose: boolean
}

/** Undefined when the call is taken and 200 is the answer. */
async function takeCall(
  state: State,
  request: IncomingMessage,
  bytes: Buffer | undefined,
): Promise<Refusal | undefined> {
  const refuse = (status: number, reason: string): Refusal => ({ status, reason, onPurpose: false })
  const { method, headers } = request
  const { credential, clock = Date.now } = state.options
  if (method !== 'POST') return refuse(405, `${method} is not POST`)
  if (!bytes) return refuse(413, 'the body is too large')
  if (credential && !admits(credential, headers)) return refuse(401, 'the credential is missing or wrong')
  const signing = state.keys.length > 0
  const fault = signing ? signatureFault(state.keys, headers, bytes, clock() / 1000) : undefined
  if (fault !== undefined) return refuse(401, fault)
  const body = parseBody(bytes)
  if (!body) return refuse(400, 'the body is not a HEARTBEAT, EVENT or PAYLOAD')
  await takeBody(state, body, String(headers['webhook-id'] ?? ''))
  return undefined
}

async function takeBody(state: State, body: Body, webhookId: string): Promise<void> {
  const { type, listenerName, service } = body
  const duplicate = isRepeat(state, webhookId)
  const call = {
    kind: 'call',
    type,
    listenerName,
    service,
    webhookId,
    signed: state.keys.length > 0,
    duplicate,
  } as const
  if (duplicate || type === 'HEARTBEAT') return state.tell(call)
  const followed = followedOf(state, body)
  const keyParts = body.keyParts ?? state.options.keys?.[service] ?? state.options.keys?.['*'] ?? []
  if (type === 'EVENT') {
    state.tell({ ...call, window: edgesOf(body) })
    // Answered before it is pulled: a window may be long, and the caller waits for nothing but our word.
    void followed.inTurn(() => pullWindow(state, followed, body, keyParts))
  } else {
    await followed.inTurn(() => {
      state.tell({ ...call, page: followed.take(edgesOf(body), body.payload, keyParts) })
    })
  }
}

async function pullWindow(
  state: State,
  followed: Followed,
  body: WindowBody & { type: 'EVENT' },
  keyParts: readonly string[],
): Promise<void> {
  const { listenerName, service } = body
  const { publishUrl, publishKey } = state.options
  const window = edgesOf(body)
  try {
    const href = body.links.find(({ rel }) => rel === 'publish')?.href
    if (href === undefined) throw new Error('the event has no link of rel publish')
    const from = (typeof publishUrl === 'function' ? publishUrl() : publishUrl) ?? ''
    const pages = pull(href, { publishUrl: from, publishKey, signal: state.signal })
    state.tell({
      kind: 'pulled',
      listenerName,
      service,
      ...(await followed.takePulled(window, pages, keyParts)),
    })
  } catch (error) {
    if (state.signal.aborted) return
    const words = error instanceof Error ? error.message : String(error)
    state.tell({ kind: 'pullFailed', listenerName, service, window, error: words })
  }
}

function followedOf(state: State, { listenerName, service }: WindowBody): Followed {
  const known = state.followed.get(listenerName)
  if (known?.service === service) return known
  const made = new Followed({ listenerName, service, chain: null, records: [] })
  state.followed.set(listenerName, made)
  return made
}

function isRepeat({ seen }: State, webhookId: string): boolean {
  if (webhookId === '') return false
  if (seen.has(webhookId)) return true
  seen.add(webhookId)
  if (seen.size > MAX_SEEN) seen.delete(seen.values().next().value ?? '')
  return false
}

function keyOf(text: string): KeyObject {
  const key = verifyingKey(text)
  if (!key) throw new RangeError('a key to verify with is whsec_ or whpk_ and the key in base64')
  return key
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined
}
