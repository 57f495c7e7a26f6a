import { PgBoss } from 'pg-boss'

/** For who hands it on: the package itself is ours alone to import. */
export type Boss = PgBoss

/** Schema of the queues, apart from ours: pg-boss migrates it by itself. */
export const JOBS_SCHEMA = 'sincewire_jobs'

export interface BossOptions {
  readonly url: string
  readonly onError: (error: Error) => void
}

/** A started pg-boss with connections of its own. Installs or migrates its schema. */
export async function startBoss({ url, onError }: BossOptions): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: url,
    schema: JOBS_SCHEMA,
    application_name: 'sincewire jobs',
    max: 3,
    superviseIntervalSeconds: 2, // finds turns whose process went silent
    monitorIntervalSeconds: 2,
    maintenanceIntervalSeconds: 300,
  })
  boss.on('error', onError)
  await boss.start()
  return boss
}
