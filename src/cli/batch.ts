import { Argument } from 'commander'
import {
  BATCH_EVENTS,
  BATCH_PARTS,
  type BatchEvent,
  type BatchPart,
  type BatchStatus,
} from '../domain/batch.ts'
import { changeBatchStatus } from '../services/batch/change.ts'
import { batchStatus } from '../services/batch/status.ts'
import type { Register } from './command.ts'

const summaries: Record<BatchEvent, string> = {
  start: 'the nightly batch, or a part of it, has started',
  end: 'it has ended; without a part, the whole night has',
  warn: 'it is about to start',
}

/** Files and shows the status of the nightly batch, which callers see and write services may go by. */
export const registerBatch: Register = (program, context) => {
  const batch = program.command('batch').summary('say whether the nightly batch runs')
  for (const event of BATCH_EVENTS) {
    batch
      .command(event)
      .summary(summaries[event])
      .addArgument(new Argument('[part]', 'of the night').choices(BATCH_PARTS))
      .action((part: BatchPart | undefined) =>
        context.withDatabase(async ({ engineDb }) => {
          context.print(describe(await changeBatchStatus(engineDb, event, part)))
        }),
      )
  }
  batch
    .command('show')
    .summary('whether it runs')
    .action(() =>
      context.withDatabase(async ({ engineDb }) => context.print(describe(await batchStatus(engineDb)))),
    )
}

function describe(status: BatchStatus): string {
  const parts = [status.inventoryRunning && 'inventory', status.costingRunning && 'costing'].filter(Boolean)
  const running = status.running ? 'The nightly batch runs' : 'The nightly batch does not run'
  const told = parts.length > 0 ? `${running}: ${parts.join(' and ')}` : running
  return `${told}${status.startWarning ? '; a batch is about to start' : ''}.`
}
