import { setTimeout as delay } from 'node:timers/promises'
import pRetry from 'p-retry'
import { request } from 'undici'
import { parseRetryAfter } from '../../domain/retryAfter.ts'
import { parsePage, type PageBody } from './body.ts'

export interface PullOptions {
  /** Only links to this origin are followed: whoever can send us an EVENT must not choose where our key goes. */
  readonly publishUrl: string
  /** Sent as x-api-key. */
  readonly publishKey: string | undefined
  readonly signal: AbortSignal
}

const RETRY = { retries: 5, minTimeout: 100, maxTimeout: 3000 }
const REQUEST_MILLISECONDS = 60_000
/** A minute's limit of requests is over after a minute. */
const MAX_WAIT_MILLISECONDS = 65_000

class Refused extends Error {
  readonly waitMilliseconds: number
  constructor(message: string, waitMilliseconds: number) {
    super(message)
    this.waitMilliseconds = waitMilliseconds
  }
}

/**
 * Pulls a window page by page, following the links of rel `next`. Throws an Error with one sentence when a page cannot
 * be had after several tries, or when a link leads elsewhere.
 */
export async function* pull(href: string, options: PullOptions): AsyncGenerator<PageBody> {
  for (let next: string | undefined = href; next !== undefined;) {
    if (URL.parse(next)?.origin !== URL.parse(options.publishUrl)?.origin) {
      throw new Error(`the link ${next} does not lead to ${options.publishUrl} (see --publish-url)`)
    }
    const page: PageBody = await pullPage(next, options)
    yield page
    next = page.hasMore ? page.links?.find(({ rel }) => rel === 'next')?.href : undefined
  }
}

async function pullPage(href: string, { publishKey, signal }: PullOptions): Promise<PageBody> {
  const attempt = async () => {
    const { statusCode, headers, body } = await request(href, {
      headers: publishKey === undefined ? {} : { 'x-api-key': publishKey },
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MILLISECONDS)]),
    })
    const bytes = Buffer.from(await body.arrayBuffer())
    if (statusCode !== 200) {
      const wait = parseRetryAfter(headers['retry-after']?.toString(), Date.now()) ?? 0
      throw new Refused(`status ${statusCode}: ${bytes.toString('utf8', 0, 200)}`, wait)
    }
    const page = parsePage(bytes)
    if (!page) throw new Error('the answer is not a page of the publish API')
    return page
  }
  try {
    return await pRetry(attempt, {
      ...{ ...RETRY, signal },
      onFailedAttempt: async ({ error, retryDelay, retriesLeft }) => {
        if (!(error instanceof Refused) || retriesLeft === 0) return
        const wait = Math.min(error.waitMilliseconds, MAX_WAIT_MILLISECONDS)
        await delay(Math.max(0, wait - retryDelay), undefined, { signal })
      },
    })
  } catch (error) {
    throw new Error(
      `${href} could not be pulled: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    )
  }
}
