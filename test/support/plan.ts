import type { TestDatabase } from './database.ts'

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** How many rows the scans of tables and indexes look at when a query runs. */
export async function rowsRead(
  database: TestDatabase,
  query: { readonly sql: string; readonly parameters: readonly unknown[] },
): Promise<number> {
  const { rows } = await database.pool.pool.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
    `explain (analyze, format json) ${query.sql}`,
    [...query.parameters],
  )
  return scanned(rows[0]!['QUERY PLAN'][0]!.Plan)
}

function scanned(node: PlanNode): number {
  const rows = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
  const own = /Scan/.test(node['Node Type']) && !/CTE|Subquery/.test(node['Node Type']) ? rows : 0
  return own + (node.Plans ?? []).reduce((sum, child) => sum + scanned(child), 0)
}
