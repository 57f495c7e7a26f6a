import { parseFilter } from '../domain/capture/filters.ts'
import { parseNames } from '../domain/capture/names.ts'
import type { Filter } from '../domain/filter.ts'
import { captureTable, type CaptureOptions, type CaptureOutcome } from '../services/capture/index.ts'
import { usage, type Register } from './command.ts'

interface Options {
  readonly service: string
  readonly table: string
  readonly key: readonly string[]
  readonly keyNames?: readonly string[]
  readonly view?: string
  readonly watch?: readonly string[]
  readonly exclude?: readonly string[]
  readonly rename?: Readonly<Record<string, string>>
  readonly camelCase?: true
  readonly title?: string
  readonly filter?: readonly Filter[]
  readonly wake?: true
  readonly deferred?: true
}

const examples = `
Examples:
  sincewire capture --service bench/account --table public.pgbench_accounts --key aid
  sincewire capture --service procurement/order --table shop.orders --key order_no --view shop.order_doc \\
      --watch shop.order_line:order_no --filter supplier=supplier --wake

Run it again to go on with a load that was cut short, or to change what the service publishes of its table.
Writers go on while it works; what they write from then on is captured in their own transactions.`

/** Makes an existing table a published service. */
export const registerCapture: Register = (program, context) => {
  program
    .command('capture')
    .summary('publish an existing table as a service')
    .requiredOption('--service <name>', 'the name of the service, e.g. foundation/item')
    .requiredOption('--table <schema.table>', 'the table whose rows are its records')
    .requiredOption(
      '--key <columns>',
      "the record's key: columns with a unique index, parted by commas",
      names,
    )
    .option(
      '--key-names <names>',
      'the same as the documents name them, when a view names them otherwise',
      names,
    )
    .option(
      '--view <schema.view>',
      'takes the document from a view with the key columns and doc (json or jsonb)',
    )
    .option(
      '--watch <table:expressions>',
      'a table that the view reads too, and the key in a row of it',
      collect,
    )
    .option('--exclude <columns>', 'leaves columns out of the document', names)
    .option('--rename <column=name>', 'publishes a column under another name', collectRename)
    .option('--camel-case', 'publishes order_no as orderNo')
    .option('--title <text>', 'what people call the service')
    .option(
      '--filter <name=path>',
      'a query parameter for pulls (also name>=path, name<=path)',
      collectFilter,
    )
    .option('--wake', 'deliver within moments of a commit; its writers cannot use two-phase commit')
    .option(
      '--deferred',
      'writers only file keys, and a background job of a running service makes the documents',
    )
    .addHelpText('after', examples)
    .action((options: Options) =>
      context.withDatabase(async ({ engineDb }) => {
        const progress = context.progress('loading')
        try {
          const outcome = await captureTable(engineDb, toCaptureOptions(options), {
            onProgress: ({ done, total }) => progress.update(done, total),
            signal: context.signal,
          })
          progress.stop()
          for (const warning of outcome.warnings) context.print(`note: ${warning}`)
          context.print(told(options, outcome))
        } finally {
          progress.stop()
        }
      }),
    )
}

function toCaptureOptions({ filter, ...options }: Options): CaptureOptions {
  return { ...options, ...(filter && { filters: filter }) }
}

function told({ service, table }: Options, { kind, records }: CaptureOutcome): string {
  switch (kind) {
    case 'captured':
      return `${service} publishes ${table}: ${records} records loaded`
    case 'resumed':
      return `${service} publishes ${table}: the load went on with ${records} more records`
    case 'redefined':
      return `${service} publishes ${table} as asked now: ${records} records changed`
    case 'unchanged':
      return `${service} publishes ${table} so already`
  }
}

function names(text: string): readonly string[] {
  const parsed = parseNames(text)
  if (!parsed) throw usage(`${text} is not a list of names parted by commas`)
  return parsed
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

function collectRename(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw usage(`--rename ${text} is not column=name`)
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

function collectFilter(text: string, before: readonly Filter[] = []): readonly Filter[] {
  const filter = parseFilter(text)
  if (!filter) throw usage(`--filter ${text} is not name=path, name>=path or name<=path`)
  return [...before, filter]
}
