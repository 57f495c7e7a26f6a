import { expect, test } from 'vitest'
import { testDatabase } from '../support/index.ts'

/** Columns of logged tables whose changes are no administration, with why. What a new column is, its migration says. */
const unlogged: Record<string, readonly string[]> = {
  // Its identity, what the engine moves, and when.
  'sincewire.listener': [
    ...['uid', 'target_revision', 'proven_revision', 'since_floor', 'since_snapshot', 'before_timestamp'],
    ...['before_floor', 'before_snapshot', 'offset_changed_at', 'offset_key'],
    ...[
      'next_heartbeat_at',
      'failures',
      'hold_since',
      'heartbeat_error',
      'turn_queue',
      'turn_job',
      'turn_engine',
    ],
    ...['turn_token', 'window_begun', 'created_at', 'updated_at'],
  ],
  'sincewire.credential': ['revision', 'created_at', 'updated_at'],
  'sincewire.client': ['created_at'],
  'sincewire.client_key': ['created_at', 'last_used_at'],
  // When its records were made and pruned.
  'sincewire.merchapi_config': ['loaded_at', 'refreshed_at', 'pruned_before', 'pruned_up_to', 'created_at'],
  // What the job met.
  'merch.b8d_process_config': ['last_error', 'last_error_at', 'updated_at'],
  // How far the job has come.
  'sincewire.refresh_request': [
    ...['status', 'phase', 'position', 'seen', 'changed', 'total', 'error', 'requested_at', 'started_at'],
    'finished_at',
  ],
  ...Object.fromEntries(
    ['functional_config_options', 'inv_move_unit_options', 'procurement_unit_options']
      .concat(['period', 'rms_batch_status', 'system_variables'])
      .map((table) => [`merch.${table}`, ['one_row']]),
  ),
}

/** Tables that hold no administration, with why. */
const others = [
  // the engine's and the jobs' own
  ...[
    'sincewire.attempt',
    'sincewire.certificate_warning',
    'sincewire.capture_load',
    'sincewire.delta_failure',
    'sincewire.delta_history',
  ],
  ...[
    'sincewire.schedule',
    'sincewire.tick',
    'sincewire.tick_state',
    'sincewire.tick_writer',
    'merch.personal_service',
  ],
  // logs
  ...['sincewire.change_log', 'merch.job_audit_logs', 'merch.job_audit_payload'],
  ...['sincewire.migration', 'sincewire.migration_lock'],
  // the business's, with personal data: loading and masking are logged
  ...['addr', 'buyer', 'merchant', 'ordcust', 'outloc', 'partner', 'store', 'sups', 'wh'].map(
    (t) => `merch.${t}`,
  ),
]

const database = await testDatabase()

test('every table of ours is logged or is no administration, and every column of it is shown, secret or neither', async () => {
  const found = await database.run(`
    select n.nspname || '.' || c.relname as name, array_agg(a.attname::text order by a.attnum) as columns,
           (select count(*)::int from pg_trigger t where t.tgrelid = c.oid and t.tgname like 'log\\_change\\_%' and t.tgenabled = 'A') as triggers,
           (select p.prosrc from pg_proc p where p.proname = 'log ' || n.nspname || '.' || c.relname) as source
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
    where n.nspname in ('sincewire', 'merch') and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
    group by n.nspname, c.relname, c.oid`)
  const tables = found as { name: string; columns: string[]; triggers: number; source: string | null }[]
  expect(
    tables
      .filter(({ triggers }) => triggers === 0)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(others.toSorted())
  for (const { name, columns, triggers, source } of tables.filter((table) => table.triggers > 0)) {
    expect([name, triggers]).toEqual([name, name === 'sincewire.refresh_request' ? 2 : 4])
    if (source === null) continue // loaded by the thousand, as it is
    const silent = columns.filter(
      (column) => !source.includes(`'${column}'`) && !new RegExp(`\\."?${column}\\b`).test(source),
    )
    expect([name, silent.toSorted()]).toEqual([name, (unlogged[name] ?? []).toSorted()])
  }
})
