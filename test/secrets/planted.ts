import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Part of every secret that the test makes up, so that one search finds them all. */
const MARK = 'Pl4nt3dS3cr3t'

/** A secret for one place, with characters that encodings treat differently. */
export const plant = (what: string) => `${MARK}/+ ${what}?&`.replaceAll(' ', '~')

/** The same as a signing secret must be written. */
export const plantWhsec = (what: string) =>
  `whsec_${Buffer.from(`${MARK}-${what}`.padEnd(30, '.')).toString('base64')}`

/** Everything that a text may look like by the time it is found. */
function formsOf(secret: string): readonly Buffer[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const shifted = [0, 1, 2].flatMap((shift) => {
    // Within something longer: what depends on the neighbours is cut off at both ends.
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const inner = whole.slice(shift === 0 ? 0 : shift + 1, -2)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const texts = [secret, encodeURIComponent(secret), reversed(secret), hex, hex.toUpperCase(), ...shifted]
  return [...new Set(texts)].map((text) => Buffer.from(text))
}

/** Of ASCII. */
export const reversed = (text: string) => Array.from(text).toReversed().join('')

/** Searches for what was planted, and for secrets that somebody else made. */
export class Search {
  readonly #forms: { readonly of: string; readonly form: Buffer }[] = []
  readonly found: string[] = []
  searched = 0

  constructor() {
    this.add('a planted secret', MARK)
  }

  add(of: string, secret: string): void {
    this.#forms.push(...formsOf(secret).map((form) => ({ of, form })))
  }

  in(place: string, content: string | Buffer): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    this.searched += bytes.length
    for (const { of, form } of this.#forms) {
      const at = bytes.indexOf(form)
      if (at >= 0)
        this.found.push(
          `${of} in ${place}: ${bytes.subarray(Math.max(0, at - 80), at + 60).toString('latin1')}`,
        )
    }
  }

  /** Every file below a folder, but those named. */
  inFolder(folder: string, but: readonly string[]): void {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const file = join(folder, name)
      if (!but.includes(name) && statSync(file, { throwIfNoEntry: false })?.isFile())
        this.in(file, readFileSync(file))
    }
  }

  /** The arguments of every process of this machine. */
  inArguments(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        this.in(`the arguments of ${pid}`, readFileSync(`/proc/${pid}/cmdline`))
      } catch {
        // it has ended
      }
    }
  }
}

/** Every row of every table, as a dump would write it. */
export async function dump(run: (text: string) => Promise<Record<string, unknown>[]>): Promise<string> {
  const tables =
    await run(`select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`)
  const rows = tables.map(({ name }) => `select t::text as row from ${String(name)} t`)
  const all = await run(
    `${rows.join(' union all ')} union all select query from pg_stat_activity where query is not null`,
  )
  return all.map(({ row }) => String(row)).join('\n')
}
