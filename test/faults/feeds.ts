import type { CaptureOptions } from '../../src/services/capture/index.ts'
import type { Server } from './postgres.ts'

/** A record as it is published. */
export interface Item extends Record<string, unknown> {
  readonly action: string
  readonly cacheTimestamp: string
}

/** The tables of the workload as services: how to capture them, and what a receiver of them must end with. */
export const FEEDS = {
  'shop/account': {
    capture: { service: 'shop/account', table: 'shop.account', key: ['id'], wake: true },
    keyOf: (item: Item) => String(item['id']),
    truth: 'select id::text as key, row_to_json(a) as doc from shop.account a',
  },
  'shop/purchase': {
    capture: {
      ...{ service: 'shop/purchase', table: 'shop.purchase', key: ['region', 'no'], wake: true },
      ...{ view: 'shop.purchase_document', watch: ['shop.purchase_line:region,no'] },
    },
    keyOf: (item: Item) => `${String(item['region'])},${String(item['no'])}`,
    truth: `select region || ',' || no as key, doc from shop.purchase_document`,
  },
} as const satisfies Record<string, { capture: CaptureOptions; keyOf: (item: Item) => string; truth: string }>

export type Feed = keyof typeof FEEDS
export const FEED_NAMES = Object.keys(FEEDS) as Feed[]

/** What the tables hold now, by key. */
export async function truthOf(postgres: Server, feed: Feed): Promise<Map<string, unknown>> {
  const rows = await postgres.run('sincewire', FEEDS[feed].truth)
  return new Map(rows.map(({ key, doc }) => [String(key), doc]))
}
