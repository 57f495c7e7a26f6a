import { sql, type RawBuilder } from 'kysely'
import type { DbOrTx } from './pool.ts'

/**
 * What a retailer's day does to the sample tables, one statement or two each: callers put them into transactions. Each
 * returns what it touched, or undefined when there is nothing (left) to touch. `place`, from 0 to below 1, chooses the
 * row: the same place in the same tables is the same row.
 */
const stockedItem = sql`item_level = tran_level`

export interface PriceChange {
  readonly item: string
  readonly from: string
  readonly to: string
}

/** Multiplies an item's price, here and at every location, to the cent. */
export async function changePrice(
  db: DbOrTx,
  place: number,
  factor: number,
): Promise<PriceChange | undefined> {
  const item = await pick(db, 'item', 'item', stockedItem, place)
  if (item === undefined) return undefined
  const { rows } = await sql<PriceChange>`
    with before as (select item, unit_retail from sample.item where item = ${item} for update)
    update sample.item i set unit_retail = greatest(round(b.unit_retail * ${factor}::numeric, 2), 0.01), update_datetime = now()
    from before b where i.item = b.item
    returning i.item, b.unit_retail::text as "from", i.unit_retail::text as "to"`.execute(db)
  await sql`
    update sample.item_loc l set unit_retail = i.unit_retail, update_datetime = now()
    from sample.item i where i.item = ${item} and l.item = i.item`.execute(db)
  return rows[0]
}

export interface LineAdded {
  readonly order_no: number
  readonly item: string
  readonly quantity: number
}

/** Adds an item to an order for its first location. Undefined when the order has it already. */
export async function addOrderLine(
  db: DbOrTx,
  places: readonly [number, number],
  quantity: number,
): Promise<LineAdded | undefined> {
  const order = await pick(db, 'purchase_order', 'order_no', sql`true`, places[0])
  const item = await pick(db, 'item', 'item', stockedItem, places[1])
  const { rows } = await sql<LineAdded>`
    insert into sample.purchase_order_line
      (order_no, item, loc_type, loc, quantity_ordered, unit_cost, origin_country_id)
    select o.order_no, i.item, 'W', 9001, ${quantity}, round(i.unit_retail * 0.45, 4), s.country_id
    from sample.purchase_order o join sample.supplier s using (supplier), sample.item i
    where o.order_no = ${order ?? null}::integer and i.item = ${item ?? null}
    on conflict do nothing
    returning order_no, item, quantity_ordered::int as quantity`.execute(db)
  return rows[0]
}

export interface Receipt extends LineAdded {
  readonly loc: number
}

/** Receives a share of what an order line still waits for: the order's line and the stock move together. */
export async function receiveOrder(db: DbOrTx, place: number, share: number): Promise<Receipt | undefined> {
  const order = await pick(
    db,
    'purchase_order_line',
    'order_no',
    sql`quantity_received < quantity_ordered`,
    place,
  )
  const { rows } = await sql<Receipt>`
    with line as (
      select order_no, item, loc_type, loc, greatest(ceil((quantity_ordered - quantity_received) * ${share}::numeric), 1) as quantity
      from sample.purchase_order_line
      where order_no = ${order ?? null}::integer and quantity_received < quantity_ordered
      order by item limit 1 for update
    )
    update sample.purchase_order_line l set quantity_received = l.quantity_received + line.quantity
    from line where (l.order_no, l.item, l.loc_type, l.loc) = (line.order_no, line.item, line.loc_type, line.loc)
    returning l.order_no, l.item, l.loc, line.quantity::int as quantity`.execute(db)
  const received = rows[0]
  if (!received) return undefined
  await sql`
    insert into sample.stock as s (location_type, location, item, stock_on_hand, standard_uom)
    values ('W', ${received.loc}, ${received.item}, ${received.quantity}, 'EA')
    on conflict (location_type, location, item) do update set stock_on_hand = s.stock_on_hand + excluded.stock_on_hand`.execute(
    db,
  )
  return received
}

export interface Sales {
  readonly location: number
  readonly lines: number
}

/** One unit each of some things that a store has on hand, in one statement. */
export async function sell(db: DbOrTx, place: number, lines: number): Promise<Sales | undefined> {
  const store = await pick(db, 'stock', 'location', sql`location_type = 'S' and stock_on_hand > 0`, place)
  const { rows } = await sql<{ item: string }>`
    update sample.stock s set stock_on_hand = s.stock_on_hand - 1
    from (select item from sample.stock
          where location_type = 'S' and location = ${store ?? null}::integer and stock_on_hand > 0
          order by stock_on_hand desc, item limit ${lines}) sold
    where s.location_type = 'S' and s.location = ${store ?? null}::integer and s.item = sold.item and s.stock_on_hand > 0
    returning s.item`.execute(db)
  return rows.length === 0 ? undefined : { location: Number(store), lines: rows.length }
}

export interface HoursChange {
  readonly store: number
  readonly day: number
  readonly closes: string
}

/** Moves a store's closing time on one day, 1 to 7, to another full hour. */
export async function changeHours(
  db: DbOrTx,
  place: number,
  day: number,
  hour: number,
): Promise<HoursChange | undefined> {
  const store = await pick(db, 'store', 'store', sql`true`, place)
  const { rows } = await sql<HoursChange>`
    update sample.store_hours set store_close_time = ${`${hour}:00`}
    where store = ${store ?? null}::integer and day_no = ${day} and store_close_time <> ${`${hour}:00`}
    returning store, day_no as day, store_close_time as closes`.execute(db)
  return rows[0]
}

/** Deletes an item with everything that belongs to it: prices, stock, order lines. */
export async function discontinue(db: DbOrTx, place: number): Promise<{ readonly item: string } | undefined> {
  const item = await pick(db, 'item', 'item', stockedItem, place)
  const { rows } = await sql<{ item: string }>`
    delete from sample.item where item = ${item ?? null} returning item`.execute(db)
  return rows[0]
}

/** Introduces an item after the model of another, with its supplier, at the model's locations, without stock. */
export async function introduce(db: DbOrTx, place: number): Promise<{ readonly item: string } | undefined> {
  const model = await pick(db, 'item', 'item', stockedItem, place)
  const { rows } = await sql<{ item: string }>`
    insert into sample.item
    select n.item, m.item_number_type, 'A', m.item_level, m.tran_level, m.item_desc || ' (new)', m.short_desc, m.item_parent,
           m.sellable_ind, m.orderable_ind, m.inventory_ind, m.pack_ind, m.dept, m.class, m.subclass, m.unit_retail,
           m.standard_uom, m.brand_name, now(), now()
    from sample.item m, (select (max(item::bigint) + 1)::text as item from sample.item) n
    where m.item = ${model ?? null}
    returning item`.execute(db)
  const item = rows[0]?.item
  if (item === undefined) return undefined
  await sql`
    insert into sample.item_supplier
    select ${item}, supplier, primary_supp_ind, vendor_item, unit_cost, origin_country_id
    from sample.item_supplier where item = ${model ?? null}`.execute(db)
  await sql`
    insert into sample.item_loc
    select loc_type, loc, ${item}, 'A', unit_retail, selling_uom, taxable_ind, primary_supp, now(), now()
    from sample.item_loc where item = ${model ?? null}`.execute(db)
  return { item }
}

/** Gives a department another buyer. */
export async function changeBuyer(
  db: DbOrTx,
  place: number,
  buyer: number,
): Promise<{ readonly dept: number } | undefined> {
  const dept = await pick(db, 'dept', 'dept', sql`true`, place)
  const { rows } = await sql<{ dept: number }>`
    update sample.dept set buyer = ${buyer}::integer, update_datetime = now()
    where dept = ${dept ?? null}::integer and buyer <> ${buyer}::integer returning dept`.execute(db)
  return rows[0]
}

async function pick(
  db: DbOrTx,
  table: string,
  column: string,
  condition: RawBuilder<unknown>,
  place: number,
): Promise<string | undefined> {
  const [from, wanted] = [sql.id('sample', table), sql.id(column)]
  const { rows } = await sql<{ picked: string }>`
    select ${wanted}::text as picked from ${from} where ${condition}
    order by ${wanted} offset floor(${place}::float8 * (select count(*) from ${from} where ${condition})) limit 1`.execute(
    db,
  )
  return rows[0]?.picked
}
