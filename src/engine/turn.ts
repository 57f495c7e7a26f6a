import type { Listener } from '../domain/listener.ts'
import { eventBody, eventId, heartbeatBody, heartbeatId, payloadBody, payloadId } from '../domain/envelope.ts'
import type { Page } from '../domain/page.ts'
import { holdMilliseconds } from '../domain/retry.ts'
import { nextStep } from '../domain/step.ts'
import { pageKey, type PageRequest, type Window } from '../domain/window.ts'
import { callWithRetries, type CallEnd, type CallPorts, type CallRequest } from './call.ts'
import type { Ownership, ReadPage, Standing, TurnJob, TurnStore } from './ports.ts'

export interface TurnPorts extends CallPorts {
  readonly store: TurnStore
  readonly readPage: ReadPage
  /** The publish API's URL for exactly this window, for EVENT calls. */
  readonly publishUrl: (service: string, window: Window) => string
  /** The names of the natural key's parts, told to the receiver; one read serves the process for a while. */
  readonly keyParts: (service: string) => Promise<readonly string[]>
  /** In [0, 1). */
  readonly dice: () => number
  readonly newToken: () => string
}

/** Whether the turn should end: others wait and it had its share, or the process stops. Asked between two calls. */
export interface GiveWay {
  (): boolean
}

/**
 * One listener's turn: load, decide, do, save, one delivery a round. Ends when there is nothing to do, when
 * others wait and it had its share, when the process stops, or when it is no longer this turn's. Nothing is
 * locked while a call is out. A process killed at any point leaves a position that was saved only after success.
 */
export async function runTurn(
  ports: TurnPorts,
  job: TurnJob,
  giveWay: GiveWay,
  signal: AbortSignal,
): Promise<void> {
  const own: Ownership = { listenerName: job.listenerName, token: ports.newToken() }
  const standing = await ports.store.begin(job, own.token)
  if (!standing) return ports.store.handBack(job, 0)
  try {
    const end = await rounds(ports, own, standing, giveWay, signal)
    await ports.store.end(job, own, end === 'more' ? 0 : null)
  } catch (error) {
    // Not the receiver's doing (a page that cannot be read): let go, so that another try needs no lease to run out.
    await ports.store.end(job, own, BROKEN_OFF_MILLISECONDS).catch(() => {})
    throw error
  }
}

/** After trouble of our own, look at the listener again. */
const BROKEN_OFF_MILLISECONDS = 5000

/** done: nothing to do now, or the listener is no longer this turn's; more: there is, for a later turn. */
type RoundsEnd = 'done' | 'more'

async function rounds(
  ports: TurnPorts,
  own: Ownership,
  first: Standing,
  giveWay: GiveWay,
  signal: AbortSignal,
): Promise<RoundsEnd> {
  const pages = readingAhead(ports.readPage)
  let standing: Standing | null = first
  while (standing) {
    if (giveWay()) return 'more'
    const step = nextStep(standing.listener, standing.now)
    switch (step.kind) {
      case 'rest':
        return 'done'
      case 'heartbeat':
        standing = await heartbeat(ports, own, standing, signal)
        break
      case 'event':
        standing = await event(ports, own, standing, step.window, signal)
        break
      case 'page':
        standing = await page(ports, own, standing, step.request, pages, signal)
        break
    }
  }
  return 'done'
}

async function heartbeat(
  ports: TurnPorts,
  own: Ownership,
  { listener, now, askedAt }: Standing,
  signal: AbortSignal,
): Promise<Standing | null> {
  const webhookId = heartbeatId(listener.uid, listener.targetRevision, listener.nextHeartbeatAt)
  const request: CallRequest = {
    ...{ listener, askedAt },
    kind: 'HEARTBEAT',
    webhookId,
    body: heartbeatBody(listener, now),
    window: null,
    offsetKey: null,
    recordCount: null,
    // A probe is one try: the hold it may prolong is the retry.
    retries: listener.failures > 0 ? 0 : undefined,
  }
  return settle(ports, own, listener, await callWithRetries(ports, own, request, signal), (end) =>
    ports.store.saveHeartbeat(own, listener, end.attempt),
  )
}

async function event(
  ports: TurnPorts,
  own: Ownership,
  { listener, askedAt }: Standing,
  window: Window,
  signal: AbortSignal,
): Promise<Standing | null> {
  const href = ports.publishUrl(listener.service, window)
  const request: CallRequest = {
    ...{ listener, askedAt },
    kind: 'EVENT',
    webhookId: eventId(listener.uid, listener.generation, window),
    body: eventBody(listener, { keyParts: await ports.keyParts(listener.service) }, window, href),
    window,
    offsetKey: null,
    recordCount: null,
  }
  return settle(ports, own, listener, await callWithRetries(ports, own, request, signal), (end) =>
    ports.store.saveProgress(own, listener, null, end.attempt),
  )
}

async function page(
  ports: TurnPorts,
  own: Ownership,
  { listener, askedAt }: Standing,
  wanted: PageRequest,
  pages: ReadingAhead,
  signal: AbortSignal,
): Promise<Standing | null> {
  const read = await pages.read(wanted)
  // All its records left the window since it was opened: no call, and the since stays. After a first page the run
  // is ended with an empty one, since that page said hasMore.
  if (read.count === 0 && wanted.after === null) return ports.store.dropWindow(own, listener)
  pages.ahead(wanted, read)
  const request: CallRequest = {
    ...{ listener, askedAt },
    kind: 'PAYLOAD',
    webhookId: payloadId(listener.uid, listener.generation, wanted, read),
    body: payloadBody(listener, { keyParts: await ports.keyParts(listener.service) }, wanted.window, read),
    window: wanted.window,
    offsetKey: read.last?.key ?? null,
    recordCount: read.count,
  }
  return settle(ports, own, listener, await callWithRetries(ports, own, request, signal), (end) =>
    ports.store.saveProgress(own, listener, read.hasMore ? read.last : null, end.attempt),
  )
}

/** Saves what a call led to; only success differs between the kinds. */
async function settle(
  ports: TurnPorts,
  own: Ownership,
  listener: Listener,
  end: CallEnd,
  onSuccess: (end: CallEnd & { kind: 'success' }) => Promise<Standing | null>,
): Promise<Standing | null> {
  switch (end.kind) {
    case 'success':
      return onSuccess(end)
    case 'gone':
      return ports.store.saveGone(own, listener, end.error, end.attempt)
    case 'failed': {
      const milliseconds = holdMilliseconds(
        ports.retryPolicy,
        listener.failures + 1,
        ports.dice(),
        end.notBeforeMilliseconds,
      )
      return ports.store.saveHold(own, listener, { milliseconds, error: end.error }, end.attempt)
    }
    case 'superseded':
    case 'interrupted':
      return ports.store.load(own)
  }
}

interface ReadingAhead {
  read(request: PageRequest): Promise<Page>
  /** Starts to read the page after this one. */
  ahead(request: PageRequest, page: Page): void
}

/** The next page is read while the current one is out; one that is no longer wanted is dropped. */
function readingAhead(readPage: ReadPage): ReadingAhead {
  let next: { readonly key: string; readonly page: Promise<Page> } | undefined
  return {
    read(request) {
      const ready = next?.key === pageKey(request) ? next.page : undefined
      next = undefined
      return ready ?? readPage(request)
    },
    ahead(request, page) {
      if (!page.hasMore) return
      const following = { ...request, after: page.last }
      next = { key: pageKey(following), page: readPage(following) }
      next.page.catch(() => {}) // whoever reads it is told; nobody may
    },
  }
}
