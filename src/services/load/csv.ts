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
  const feeding = feed(chunks, parser)
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      const given = Object.entries(record).filter(([, cell]) => cell !== '')
      yield { line: info.lines, value: Object.fromEntries(given) }
    }
    await feeding
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new FileFault(
      Number(error['lines'] ?? parser.info.lines),
      error.message.replace(/ (at|on) line \d+$/, ''),
    )
  } finally {
    parser.destroy()
    await feeding.catch(() => {}) // told already
  }
}

interface Parsed {
  readonly record: Readonly<Record<string, string>>
  readonly info: { readonly lines: number }
}

async function feed(chunks: AsyncIterable<Buffer>, parser: ReturnType<typeof parse>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (!parser.write(chunk))
        await new Promise((resolve) => void parser.once('drain', resolve).once('close', resolve))
      if (parser.destroyed) return
    }
    parser.end()
  } catch (error) {
    parser.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}
