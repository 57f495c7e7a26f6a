import { sql } from 'kysely'
import type { VirtualDate } from '../domain/virtualDate.ts'
import type { DbOrTx } from './pool.ts'

/** What PERIOD and SYSTEM_VARIABLES hold, or undefined when nobody has set it. */
export function readVirtualDate(db: DbOrTx): Promise<VirtualDate | undefined> {
  return db
    .selectFrom('merch.period as p')
    .innerJoin('merch.system_variables as v', 'v.one_row', 'p.one_row')
    .select([
      'p.vdate',
      'v.last_eow_date_unit as lastEow',
      'v.next_eow_date_unit as nextEow',
      'v.last_eom_date_unit as lastEom',
      'v.next_eom_date_unit as nextEom',
    ])
    .executeTakeFirst()
}

/** Whoever moves the date waits here for the one before, until the transaction ends; readers do not. */
export async function lockVirtualDate(tx: DbOrTx): Promise<void> {
  await sql`lock table merch.period in share row exclusive mode`.execute(tx)
}

export async function writeVirtualDate(tx: DbOrTx, date: VirtualDate): Promise<void> {
  const { vdate } = date
  const variables = {
    last_eow_date_unit: date.lastEow,
    next_eow_date_unit: date.nextEow,
    last_eom_date_unit: date.lastEom,
    next_eom_date_unit: date.nextEom,
  }
  await tx
    .insertInto('merch.period')
    .values({ vdate })
    .onConflict((conflict) => conflict.column('one_row').doUpdateSet({ vdate }))
    .execute()
  await tx
    .insertInto('merch.system_variables')
    .values(variables)
    .onConflict((conflict) => conflict.column('one_row').doUpdateSet(variables))
    .execute()
}
