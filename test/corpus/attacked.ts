import { once } from 'node:events'
import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { scratch, startService, type Service, type TestDatabase } from '../support/index.ts'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Undefined unless it is JSON. */
  readonly body: Answer | undefined
}

export interface Answer extends Record<string, unknown> {
  readonly status?: string
  readonly message?: string
  readonly validationErrors?: readonly { readonly field: string; readonly error: string }[]
  readonly businessError?: readonly (string | { readonly errorMessage: string })[]
}

export interface Sent {
  readonly method: string
  /** Goes out as it is. */
  readonly place: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

export const ADMIN_KEY = 'admin-key-of-the-corpus'

/** The real API in a process of its own, and ways to send it what no well-behaved client would. */
export async function attacked(database: TestDatabase) {
  const service = startService({
    args: ['serve', '--role', 'api'],
    env: {
      DATABASE_URL: database.url,
      SINCEWIRE_DATA_DIR: scratch(),
      SINCEWIRE_ADMIN_KEY: ADMIN_KEY,
      SINCEWIRE_PUBLIC_URL: 'http://corpus.example',
      SINCEWIRE_LOG_LEVEL: 'trace',
      SINCEWIRE_LIMITS_REQUESTS_PER_MINUTE: '1000000',
    },
  })
  const { hostname, port } = new URL(await service.ready)
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })

  const send = async ({ method, place, headers = {}, body }: Sent): Promise<Reply> => {
    const all = { 'x-api-key': ADMIN_KEY, ...headers }
    const outgoing = request({ agent, hostname, port, method, path: place, headers: all })
    outgoing.end(body)
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    return { status: answer.statusCode ?? 0, headers: answer.headers, text, body: parse(text) }
  }
  const sendJson = (
    method: string,
    place: string,
    body: string | Buffer,
    more: Record<string, string> = {},
  ) => send({ method, place, body, headers: { 'content-type': 'application/json', ...more } })

  /** Bytes on a connection of their own, until the other side closes it; or ended from here once they are written. */
  const sendRaw = async (parts: readonly (string | Buffer)[], how?: 'give up'): Promise<string> => {
    const socket = connect(Number(port), hostname)
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    socket.on('error', () => {}) // closed while we were still writing: an answer too
    for (const part of parts) socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
    if (how === 'give up') socket.end()
    await once(socket, 'close')
    return answer
  }
  /** Whatever came: the service lives, answers and has nothing to complain of. Throws otherwise. */
  const stayWell = async () => {
    const { status } = await send({ method: 'GET', place: '/readyz' })
    if (status !== 200) throw new Error(`/readyz answers ${status}`)
    checkLog(service)
  }
  return { send, sendJson, sendRaw, stayWell }
}

function parse(text: string): Answer | undefined {
  try {
    return JSON.parse(text) as Answer
  } catch {
    return undefined
  }
}

/** Throws unless the service has nothing to complain of, and every line of its log is one that it wrote. */
function checkLog({ lines, printed }: Service): void {
  const trouble = lines.filter(({ level }) => level !== 'trace' && level !== 'debug' && level !== 'info')
  const forged = lines.filter(({ msg, level }) => typeof msg !== 'string' || level === undefined)
  const text = printed().split('\n').length - 1
  if (trouble.length + forged.length === 0 && text === lines.length) return
  throw new Error(`the log has ${text} lines of ${lines.length}: ${JSON.stringify([...trouble, ...forged])}`)
}

/** Written by reads too, or by every call: the audits, the ticks, when a key was last used. */
const VOLATILE = ['job_audit_logs', 'job_audit_payload', 'tick', 'tick_state', 'tick_writer', 'client_key']

/** One line for each table with a sum over all its rows. */
export async function checksum(database: TestDatabase): Promise<readonly string[]> {
  const tables =
    await database.run(`select table_schema as schema, table_name as name from information_schema.tables
    where table_schema in ('sincewire', 'sincewire_feed', 'merch') and table_type = 'BASE TABLE'`)
  const sums = tables
    .filter(({ name }) => !VOLATILE.includes(String(name)))
    .map(
      ({ schema, name }) => `select '${String(schema)}.${String(name)}' || ' ' || count(*) || ' ' ||
      coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '-') as sum from "${String(schema)}"."${String(name)}" t`,
    )
  const rows = await database.run(`${sums.join(' union all ')} order by 1`)
  return rows.map(({ sum }) => String(sum))
}
