import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { FileFault, type FileRecord } from './record.ts'

/** The records of a CSV file (RFC 4180, UTF-8), its first line the names of the fields. Empty cells are left out. */
export async function* readCsv(chunks: AsyncIterable<Buffer>): AsyncGenerator<FileRecord> {
  const parser = parse({
    bom: true,
    columns: (names: string[]) => {
      const twice = names.find((name, index) => names.indexOf(name) !== index)
      if (twice !== undefined) throw new FileFault(1, `names the field ${twice} twice`)
      return names
    },
    info: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: 1 << 20,
  })
  const feeding = pipeline(chunks, parser)
  feeding.catch(() => {}) // the parser tells what went wrong
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      const given = Object.entries(record).filter(([, cell]) => cell !== '')
      yield { line: info.lines, value: Object.fromEntries(given) }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new FileFault(
      Number(error['lines'] ?? parser.info.lines),
      error.message.replace(/ (at|on) line \d+$/, ''),
    )
  } finally {
    parser.destroy()
    await feeding.catch(() => {})
  }
}

interface Parsed {
  readonly record: Readonly<Record<string, string>>
  readonly info: { readonly lines: number }
}
