import type { Db, DbOrTx } from '../../db/pool.ts'
import * as changes from '../../db/sampleChanges.ts'

/** Numbers from 0 to below 1. */
export type Random = () => number

/** One transaction of the sample retailer's day. */
export interface RealisticChange {
  /** One line for people, e.g. `price of 100000123 from 12.99 to 11.69`. */
  readonly what: string
  /** The services whose records it changes. */
  readonly services: readonly string[]
  /** false: it was rolled back, so that nobody may ever hear of it. */
  readonly committed: boolean
}

interface Kind {
  readonly weight: number
  readonly services: readonly string[]
  /** What was done, or undefined when there was nothing to do it to. */
  readonly make: (tx: DbOrTx, random: Random) => Promise<string | undefined>
}

const [ITEM, PLACE] = ['foundation/item', 'foundation/item/location']
const [ORDER, STOCK] = ['procurement/order', 'inventory/available']
const BUYERS = [101, 106] as const
const between = (random: Random, from: number, to: number) => from + Math.floor(random() * (to - from + 1))

const kinds: readonly Kind[] = [
  {
    weight: 30,
    services: [ITEM, PLACE],
    async make(tx, random) {
      const change = await changes.changePrice(tx, random(), 0.8 + random() * 0.35)
      return change && `price of ${change.item} from ${change.from} to ${change.to}`
    },
  },
  {
    weight: 25,
    services: [STOCK],
    async make(tx, random) {
      const sold = await changes.sell(tx, random(), between(random, 1, 5))
      return sold && `store ${sold.location} sells ${sold.lines} thing${sold.lines === 1 ? '' : 's'}`
    },
  },
  {
    weight: 15,
    services: [ORDER],
    async make(tx, random) {
      const line = await changes.addOrderLine(tx, [random(), random()], 12 * between(random, 1, 20))
      return line && `order ${line.order_no} gets a line: ${line.quantity} of ${line.item}`
    },
  },
  {
    weight: 15,
    services: [ORDER, STOCK],
    async make(tx, random) {
      const receipt = await changes.receiveOrder(tx, random(), 0.25 + random() * 0.75)
      return (
        receipt &&
        `warehouse ${receipt.loc} receives ${receipt.quantity} of ${receipt.item} on order ${receipt.order_no}`
      )
    },
  },
  {
    weight: 6,
    services: ['foundation/store'],
    async make(tx, random) {
      const hours = await changes.changeHours(tx, random(), between(random, 1, 7), between(random, 17, 22))
      return hours && `store ${hours.store} closes at ${hours.closes} on day ${hours.day}`
    },
  },
  {
    weight: 4,
    services: [ITEM, PLACE, STOCK, ORDER],
    async make(tx, random) {
      const gone = await changes.discontinue(tx, random())
      return gone && `item ${gone.item} is discontinued`
    },
  },
  {
    weight: 4,
    services: [ITEM, PLACE],
    async make(tx, random) {
      const made = await changes.introduce(tx, random())
      return made && `item ${made.item} is introduced`
    },
  },
  {
    weight: 3,
    services: ['foundation/merchhier/deps'],
    async make(tx, random) {
      const buyer = between(random, ...BUYERS)
      const changed = await changes.changeBuyer(tx, random(), buyer)
      return changed && `department ${changed.dept} has a new buyer: ${buyer}`
    },
  },
]

const ROLLED_BACK = 0.08

/**
 * Makes one believable transaction in the sample catalogue and tells what it did; some are rolled back. Needs the
 * catalogue loaded. May be called from many connections at once; one that loses a deadlock throws.
 */
export async function realisticChange(db: Db, random: Random): Promise<RealisticChange> {
  for (;;) {
    const { make, services } = choose(random())
    const committed = random() >= ROLLED_BACK
    const tx = await db.startTransaction().execute()
    try {
      const what = await make(tx, random)
      await (committed && what !== undefined ? tx.commit() : tx.rollback()).execute()
      if (what !== undefined) return { what, services, committed }
    } catch (error) {
      await tx.rollback().execute()
      throw error
    }
  }
}

function choose(fraction: number): Kind {
  let left = fraction * kinds.reduce((sum, { weight }) => sum + weight, 0)
  const chosen = kinds.find(({ weight }) => (left -= weight) < 0)
  return chosen ?? (kinds[0] as Kind)
}
