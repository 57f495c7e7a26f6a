import type { KeyObject } from 'node:crypto'
import type { OpenCredential } from '../domain/credential.ts'
import { SincewireError } from '../domain/errors.ts'
import { toMillis, type Instant } from '../domain/instant.ts'
import type { Deliver, OutgoingCall, Sent, Target } from '../engine/ports.ts'
import type { Answered, Client, PostRequest } from './client.ts'
import { createAuthenticate } from './credential/index.ts'
import type { Authenticated } from './credential/authenticate.ts'
import { startDeadline, type Deadline } from './deadline.ts'
import { failed, failureOf, type Failure } from './failure.ts'
import { Lru } from './lru.ts'
import { signatureHeaders } from '../domain/signature.ts'
import { signingKey } from '../domain/signingKey.ts'

/** A listener's secrets as they are now, and which registration and revision they belong to. */
export interface OpenTarget {
  readonly listenerUid: string
  readonly targetRevision: number
  readonly credential: OpenCredential
  /** None: calls are not signed. */
  readonly signingKeys: readonly SigningKey[]
  /** Of the listener's own; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** A key in the clear. */
export interface SigningKey {
  /** `whsec_…` or `whsk_…`. */
  readonly secret: string
  /** A key that was replaced: the moment from which on it signs no more. */
  readonly until: Instant | null
}

export interface DeliverOptions {
  readonly client: Client
  /** Reads and unseals; undefined when the listener is gone. May throw: the attempt then fails as `credential`. */
  readonly openTarget: (listenerName: string) => Promise<OpenTarget | undefined>
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly requestTimeoutMilliseconds: number
  /** Of Sincewire, for the user agent. */
  readonly version: string
  /** Hears why openTarget threw. */
  readonly onError?: (error: unknown) => void
}

/** Opened secrets kept in memory, so that thousands of calls a second read none from the database. */
const MAX_OPEN = 10_000

interface Opened {
  readonly kind: 'opened'
  readonly credential: OpenCredential
  readonly headers: Readonly<Record<string, string>>
  readonly keys: readonly { readonly key: KeyObject; readonly untilMilliseconds: number }[]
}

/** Makes the engine's way out: see Deliver in engine/ports.ts. */
export function createDeliver(options: DeliverOptions): Deliver {
  const { client, clock, requestTimeoutMilliseconds } = options
  const authenticate = createAuthenticate({ client, clock, timeoutMilliseconds: requestTimeoutMilliseconds })
  const userAgent = `Sincewire/${options.version}`
  const open = rememberingOpener(options)

  const request = (call: OutgoingCall, opened: Opened, shown: Authenticated): PostRequest => ({
    url: call.target.url,
    headers: {
      ...opened.headers, // first: what is ours wins
      'content-type': 'application/json',
      'user-agent': userAgent,
      'x-correlation-id': call.correlationId,
      ...webhookHeaders(call, opened, clock()),
      ...shown.headers,
    },
    body: call.body,
    secrets: [...shown.secrets, ...Object.values(opened.headers).filter(isTelling)],
    tls: opened.credential.tls,
  })

  const attempt = async (call: OutgoingCall, deadline: Deadline): Promise<Answered | Failure> => {
    const target = await deadline.race(open(call.target))
    if (target.kind === 'failed') return target
    if (target.credential.tls?.client && !call.target.url.startsWith('https:')) {
      return failed('credential', 'Plain http cannot show the client certificate of the credential.')
    }
    const first = await deadline.race(Promise.resolve(authenticate(target.credential)))
    if (first.kind === 'failed') return first
    const answer = await client.post(request(call, target, first), deadline)
    if (answer.kind === 'failed' || answer.status !== 401 || !first.renew) return answer
    const second = await deadline.race(first.renew())
    return second.kind === 'failed' ? second : client.post(request(call, target, second), deadline)
  }

  return async (call, signal): Promise<Sent> => {
    const started = performance.now()
    using deadline = startDeadline(requestTimeoutMilliseconds, signal)
    // Only a race that the deadline won throws.
    const outcome = await attempt(call, deadline).catch((error: unknown) =>
      failureOf(error, hostOf(call.target.url)),
    )
    return { ...outcome, durationMilliseconds: Math.round(performance.now() - started) }
  }
}

function rememberingOpener(options: DeliverOptions): (target: Target) => Promise<Opened | Failure> {
  const opened = new Lru<string, Opened>(MAX_OPEN)
  return async (target) => {
    // Both in the key: a secret must never reach the place that another one was meant for.
    const key = `${target.listenerUid}/${target.targetRevision}`
    const known = opened.get(key)
    if (known) return known
    const made = await openSafely(options, target)
    if (made.kind === 'opened') opened.set(key, made)
    return made
  }
}

async function openSafely(options: DeliverOptions, target: Target): Promise<Opened | Failure> {
  try {
    const found = await options.openTarget(target.listenerName)
    if (found?.listenerUid !== target.listenerUid || found.targetRevision !== target.targetRevision) {
      return failed('superseded', 'The registration changed before the call went out.')
    }
    const { credential, headers, signingKeys } = found
    const keys = signingKeys.map(({ secret, until }) => ({
      key: signingKey(secret),
      untilMilliseconds: until === null ? Infinity : toMillis(until),
    }))
    return { kind: 'opened', credential, headers, keys }
  } catch (error) {
    options.onError?.(error)
    const why = error instanceof SincewireError ? error.message : 'The credential could not be read.'
    return failed('credential', why)
  }
}

/** Unsigned calls carry the id and the time too: receivers drop repeats by the id. */
function webhookHeaders(call: OutgoingCall, { keys }: Opened, milliseconds: number): Record<string, string> {
  const seconds = Math.floor(milliseconds / 1000)
  const signing = keys
    .filter(({ untilMilliseconds }) => milliseconds < untilMilliseconds)
    .map(({ key }) => key)
  if (signing.length > 0) return signatureHeaders(signing, call.webhookId, seconds, call.body)
  return { 'webhook-id': call.webhookId, 'webhook-timestamp': String(seconds) }
}

/** Blotting out shorter values (`1`, `eu`) would make an echoed answer unreadable and hide nothing. */
function isTelling(value: string): boolean {
  return value.length >= 6
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'the target'
}
