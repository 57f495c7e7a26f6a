import { toIsoMillis } from '../domain/instant.ts'
import { PROCESS_LIMITS, type ProcessChange } from '../domain/process.ts'
import { configureProcess } from '../services/process/configure.ts'
import { listProcessStatus, type ProcessStatus } from '../services/process/list.ts'
import { retryDocuments } from '../services/delta/retry.ts'
import { usage, type Register } from './command.ts'

interface Settings {
  readonly threads?: string
  readonly data?: string
  readonly commit?: string
  readonly archive?: string
}

/** Shows and steers the background jobs. */
export const registerJobs: Register = (program, context) => {
  const jobs = program.command('jobs').summary('show and steer the background jobs')
  jobs
    .command('list')
    .summary('what steers them, how far behind they are, what could not be done')
    .action(() =>
      context.withDatabase(async ({ engineDb }) => {
        for (const job of await listProcessStatus(engineDb)) {
          for (const line of describe(job)) context.print(line)
        }
      }),
    )
  jobs
    .command('set <job>')
    .summary('change what steers a job, from its next run on')
    .option('--threads <n>', 'numThreads')
    .option('--data <n>', 'numDataToProcess')
    .option('--commit <n>', 'commitMaxCtr')
    .option('--archive <Y|N>', 'archiveInd')
    .action((job: string, settings: Settings) => {
      const change = toChange(settings)
      return context.withDatabase(async ({ engineDb }) => {
        await configureProcess(engineDb, job, change)
        context.print(`${job} is changed`)
      })
    })
  jobs
    .command('retry')
    .summary('try documents again that could not be made')
    .requiredOption('--service <name>', 'the name of the service')
    .action(({ service }: { service: string }) =>
      context.withDatabase(async ({ engineDb }) => {
        context.print(`${service}: ${await retryDocuments(engineDb, service)} documents are tried again`)
      }),
    )
}

function toChange({ threads, data, commit, archive }: Settings): ProcessChange {
  if (archive !== undefined && archive !== 'Y' && archive !== 'N') throw usage('--archive must be Y or N')
  return {
    numThreads: whole('--threads', threads, PROCESS_LIMITS.numThreads),
    numDataToProcess: whole('--data', data, PROCESS_LIMITS.numDataToProcess),
    commitMaxCtr: whole('--commit', commit, PROCESS_LIMITS.commitMaxCtr),
    archive: archive === undefined ? undefined : archive === 'Y',
  }
}

function whole(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > most) throw usage(`${option} must be a whole number from 1 to ${most}`)
  return value
}

function* describe({ jobName, delta, ...job }: ProcessStatus): Generator<string> {
  const archive = job.archive ? 'Y' : 'N'
  yield `${jobName}: numThreads ${job.numThreads}, numDataToProcess ${job.numDataToProcess}, commitMaxCtr ${job.commitMaxCtr}, archiveInd ${archive}`
  if (job.lastError !== null) yield `  the last run failed: ${job.lastError}`
  if (!delta) return
  const since = delta.oldest === null ? '' : ` since ${toIsoMillis(delta.oldest)}`
  yield `  ${delta.waiting} waiting${since}, ${delta.failing} documents could not be made`
  for (const { key, tries, error, retryAt } of delta.failures) {
    const next = retryAt === null ? 'set aside' : `again at ${toIsoMillis(retryAt)}`
    yield `    ${key}: ${error} (${tries} tries, ${next})`
  }
}
