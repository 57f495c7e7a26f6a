import { Argument } from 'commander'
import { loadKinds } from '../services/load/kinds.ts'
import { loadFile } from '../services/load/load.ts'
import type { Register } from './command.ts'

/** Loads a file into the tables of the administration services. */
export const registerLoad: Register = (program, context) => {
  program
    .command('load')
    .summary('load codes, the calendar, options, … from a file')
    .description(
      'Loads a CSV file, whose first line names the fields, or a JSON file, a list of objects: all of it or nothing.\n' +
        'What is there already of the same keys is replaced. Examples of every kind are in config/examples/.',
    )
    .addArgument(new Argument('<kind>', 'what the file holds').choices(Object.keys(loadKinds)))
    .argument('<file>', 'ends in .csv or .json')
    .action((kind: string, file: string) =>
      context.withDatabase(async ({ engineDb }) => {
        const found = loadKinds[kind]
        if (!found) throw new Error(`commander let ${kind} through`)
        const bar = context.progress(`Loading ${kind}`)
        const onProgress = (done: number, total: number) => bar.update(done, total)
        const records = await loadFile(engineDb, found, { file, onProgress }).finally(() => bar.stop())
        context.print(`${records} records of ${kind} loaded from ${file}.`)
      }),
    )
}
