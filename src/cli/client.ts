import { randomBytes } from 'node:crypto'
import { isNetwork } from '../domain/address.ts'
import { shownClient, type Client, type ClientGrant } from '../domain/access/client.ts'
import { clientRoles, type ClientRole } from '../domain/caller.ts'
import { parseInstant, toIsoMillis, type Instant } from '../domain/instant.ts'
import { createClientServices, type ClientServices, type WithKey } from '../services/access/index.ts'
import { usage, type CommandContext, type Register } from './command.ts'

interface Options {
  readonly role?: string
  readonly services?: string
  readonly from?: string
  readonly expires?: string
  readonly overlap?: string
  readonly key?: string
  readonly json?: true
}

/** Adds, shows and ends the clients of the API. */
export const registerClient: Register = (program, context) => {
  const client = program.command('client').summary('who may call the API')
  client
    .command('add <name>')
    .summary('add a client, and print its key this once')
    .requiredOption('--role <role>', clientRoles.join(', '))
    .option('--services <names>', 'a reader or integrator limited to these, parted by commas')
    .option('--from <networks>', 'addresses or networks that it may call from, parted by commas')
    .option('--expires <when>', 'when the key ends: 90d, 12h, or a date-time')
    .option('--json', 'print JSON')
    .action((name: string, options: Options) => add(context, name, options))
  client
    .command('list')
    .summary('all clients with their keys, which are told by their ids')
    .option('--json', 'print JSON')
    .action((options: Options) =>
      withClients(context, async (clients) => {
        const all = await clients.listClients()
        if (options.json) context.print(JSON.stringify(all.map(shownClient)))
        else for (const line of all.flatMap((each) => [...describe(each)])) context.print(line)
      }),
    )
  client
    .command('change <name>')
    .summary('change what a client may do, from its next call on')
    .option('--role <role>', clientRoles.join(', '))
    .option('--services <names>', 'parted by commas; * for all')
    .option('--from <networks>', 'parted by commas; * for anywhere')
    .option('--json', 'print JSON')
    .action((name: string, options: Options) => change(context, name, options))
  client
    .command('rotate <name>')
    .summary('give a client a new key, and print it this once; those so far end')
    .option('--overlap <time>', 'let the keys so far go on for so long: 24h, 7d', '0')
    .option('--expires <when>', 'when the new key ends: 90d, 12h, or a date-time')
    .option('--json', 'print JSON')
    .action((name: string, options: Options) => rotate(context, name, options))
  client
    .command('revoke <name>')
    .summary('end a client with all its keys, from its next call on')
    .option('--key <id>', 'only this key')
    .option('--json', 'print JSON')
    .action((name: string, { key, json }: Options) =>
      withClients(context, async (clients) => {
        const revoked = await clients.revokeClient(name, key)
        const words = key === undefined ? `${name} is revoked` : `key ${key} of ${name} is revoked`
        context.print(json ? JSON.stringify(shownClient(revoked)) : words)
      }),
    )
}

async function add(context: CommandContext, name: string, options: Options): Promise<void> {
  const { role, services = null, addresses = null } = grantOf(options)
  if (role === undefined) throw usage('--role is required')
  const client = { name, role, services, addresses, expiresAt: expiryOf(options.expires) }
  await withClients(context, async (clients) => printKey(context, await clients.addClient(client), options))
}

async function change(context: CommandContext, name: string, options: Options): Promise<void> {
  const grant = grantOf(options)
  if (Object.keys(grant).length === 0) throw usage('say what to change: --role, --services or --from')
  await withClients(context, async (clients) => {
    const changed = await clients.changeClient(name, grant)
    if (options.json) context.print(JSON.stringify(shownClient(changed)))
    else for (const line of describe(changed)) context.print(line)
  })
}

async function rotate(context: CommandContext, name: string, options: Options): Promise<void> {
  const overlap = options.overlap === '0' ? 0 : secondsOf(options.overlap ?? '')
  if (overlap === undefined) throw usage(`--overlap must be a time such as 24h or 7d: ${options.overlap}`)
  const rotation = { expiresAt: expiryOf(options.expires), overlapSeconds: overlap }
  await withClients(context, async (clients) =>
    printKey(context, await clients.rotateKey(name, rotation), options),
  )
}

function withClients(
  context: CommandContext,
  work: (clients: ClientServices) => Promise<void>,
): Promise<void> {
  return context.withDatabase(({ engineDb: db }) => work(createClientServices({ db, random: randomBytes })))
}

function printKey(context: CommandContext, { client, key }: WithKey, { json }: Options): void {
  context.print(json ? JSON.stringify({ client: shownClient(client), key }) : key)
}

function grantOf({ role, services, from }: Options): Partial<ClientGrant> {
  if (role !== undefined && !isRole(role)) throw usage(`--role must be one of ${clientRoles.join(', ')}`)
  const networks = from === undefined ? undefined : listOf(from)
  const wrong = networks?.find((network) => !isNetwork(network))
  if (wrong !== undefined) throw usage(`--from must hold addresses or networks such as 10.0.0.0/8: ${wrong}`)
  return {
    ...(role !== undefined && { role }),
    ...(services !== undefined && { services: listOf(services) }),
    ...(networks !== undefined && { addresses: networks }),
  }
}

function isRole(text: string): text is ClientRole {
  return (clientRoles as readonly string[]).includes(text)
}

/** `*` is no limit. */
function listOf(text: string): string[] | null {
  if (text === '*') return null
  const parts = text.split(',').map((part) => part.trim())
  if (parts.includes('')) throw usage(`a list must not have an empty part: ${text}`)
  return parts
}

/** From now on, or a moment; null: never. */
function expiryOf(text: string | undefined): Instant | null {
  if (text === undefined) return null
  const seconds = secondsOf(text)
  const at = seconds === undefined ? text : new Date(Date.now() + seconds * 1000).toISOString()
  const instant = parseInstant(at)
  if (instant === undefined) throw usage(`--expires must be a time such as 90d or a date-time: ${text}`)
  return instant
}

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const

function secondsOf(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,5})([smhd])$/.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS]
}

function* describe({ name, role, services, addresses, enabled, keys }: Client): Generator<string> {
  const limits = [
    ...(services ? [`services ${services.join(', ')}`] : []),
    ...(addresses ? [`from ${addresses.join(', ')}`] : []),
    ...(enabled ? [] : ['revoked']),
  ]
  yield [`${name}: ${role}`, ...limits].join('; ')
  for (const key of keys) {
    const used = key.lastUsedAt === null ? 'never used' : `last used ${toIsoMillis(key.lastUsedAt)}`
    const ends = key.expiresAt === null ? [] : [`ends ${toIsoMillis(key.expiresAt)}`]
    const revoked = key.revokedAt === null ? [] : [`revoked ${toIsoMillis(key.revokedAt)}`]
    yield `  ${[key.keyId, `made ${toIsoMillis(key.createdAt)}`, used, ...ends, ...revoked].join(', ')}`
  }
}
