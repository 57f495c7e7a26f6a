import { unusable } from '../domain/errors.ts'
import { signingSecretFault } from '../domain/registration/signingSecret.ts'
import { verifyingKey } from '../domain/signingKey.ts'
import { usage, type CommandContext, type Register } from './command.ts'
import { parseCredential, type ExpectedCredential } from './listen/credential.ts'
import { lineOf, summaryOf } from './listen/lines.ts'
import { createReceiver, type Receiver, type ReceiverOptions } from './listen/receiver.ts'
import type { Happening } from './listen/report.ts'
import { readState, writeState } from './listen/stateFile.ts'

interface Options {
  readonly port: string
  readonly host: string
  readonly signingSecret?: readonly string[]
  readonly credential?: string
  readonly key?: readonly string[]
  readonly publishUrl?: string
  readonly publishKey?: string
  readonly failRate?: string
  readonly status?: string
  readonly delay?: string
  readonly state?: string
  readonly json?: true
}

const EXAMPLES = `
Register it with the service, which must allow its address by plain http (SINCEWIRE_TARGETS_ALLOW_HTTP=127.0.0.1).
Examples:
  sincewire listen --credential basic:me:secret
  sincewire listen --key item --fail-rate 0.1 --status 500 --delay 200
  sincewire listen --key foundation/store=store --key locType,loc,item --state replica.json
Ends with exit code 0, or 1 when something is missing: a gap, a record out of order, a failed pull.`

/** Receives calls until a signal ends it, and tells what came and what did not. */
export const registerListen: Register = (program, context) => {
  program
    .command('listen')
    .summary('receive calls: print, check and apply them')
    .description('Runs a receiver for trying things out. Each call is printed in one line.')
    .option('--port <number>', 'where to listen; 0 picks a free port', '9090')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option(
      '--signing-secret <keys...>',
      'refuse calls that none of these has signed: whsec_… (v1) or whpk_… (v1a)',
    )
    .option(
      '--credential <it>',
      'refuse calls without it: basic:user:password, apikey:KEY, bearer or bearer:TOKEN',
    )
    .option('--key <fields...>', "a record's key, as fields or service=fields: item, foundation/store=store")
    .option(
      '--publish-url <url>',
      "the service whose links EVENTs may name (default: from the service's settings)",
    )
    .option(
      '--publish-key <key>',
      'a key of a client of it (default: the settings clientKey or adminKey; safer, since others see this)',
    )
    .option('--fail-rate <share>', 'answer so many calls with an error: 0.1 is every tenth, by chance')
    .option('--status <code>', 'the error to answer; without --fail-rate to every call')
    .option('--delay <milliseconds>', 'wait before each answer')
    .option('--state <file>', 'keep the records in a file, and go on from it')
    .option('--json', 'print JSON lines')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => listen(options, context))
}

async function listen(options: Options, context: CommandContext): Promise<void> {
  const print = (happening: Happening) => context.print(shown(happening, options.json === true))
  const asked = receiverOptions(options, context)
  // Written before anything is received, so that a place where nothing can be kept is known at once.
  if (options.state !== undefined) writeState(options.state, asked.saved ?? [])
  const receiver = await open({ ...asked, onHappening: print })
  const { url } = receiver
  context.print(
    options.json ? JSON.stringify({ kind: 'listening', url }) : `listening on ${url}; Ctrl-C ends`,
  )
  await ended(context.signal)
  await receiver.close()
  const [report, listeners] = [receiver.report(), receiver.listeners()]
  if (options.state !== undefined)
    writeState(
      options.state,
      listeners.map((one) => one.save()),
    )
  if (options.json) context.print(JSON.stringify({ kind: 'report', ...report }))
  else for (const line of ['', ...summaryOf(report, listeners)]) context.print(line)
  const missing = report.gaps.length + report.failedPulls.length + report.applied.outOfOrder
  if (missing > 0) throw unusable('Something is missing: see the report above.')
}

function receiverOptions(options: Options, context: CommandContext): ReceiverOptions {
  const { status, failRate } = options
  const settings = context.config()
  const ownUrl =
    settings.publicUrl ??
    `http://${/^(0\.0\.0\.0|::)$/.test(settings.host) ? '127.0.0.1' : settings.host}:${settings.port}`
  return {
    host: options.host,
    port: numberOf('--port', options.port, 0, 65_535),
    signingKeys: options.signingSecret?.map(verifyingKeyOf),
    credential: credentialOf(options.credential),
    misbehaviour: {
      failRate: numberOf('--fail-rate', failRate ?? (status === undefined ? '0' : '1'), 0, 1),
      status: numberOf('--status', status ?? '503', 200, 599),
      delayMilliseconds: numberOf('--delay', options.delay ?? '0', 0, 600_000),
    },
    keys: keysOf(options.key ?? []),
    publishUrl: publishUrlOf(options.publishUrl ?? ownUrl),
    publishKey: options.publishKey ?? settings.clientKey ?? settings.adminKey,
    saved: options.state === undefined ? [] : readState(options.state),
  }
}

async function open(options: ReceiverOptions): Promise<Receiver> {
  try {
    return await createReceiver(options)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const place = `${options.host}:${options.port}`
    if (code === 'EADDRINUSE') throw unusable(`${place} is in use: choose another with --port.`, error)
    throw unusable(`The receiver cannot listen on ${place} (${code}).`, error)
  }
}

function shown(happening: Happening, json: boolean): string {
  const at = new Date().toISOString()
  return json ? JSON.stringify({ at, ...happening }) : `${at.slice(11, 23)}  ${lineOf(happening)}`
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function numberOf(option: string, text: string, from: number, to: number): number {
  const value = Number(text)
  const whole = option === '--fail-rate' || Number.isInteger(value)
  if (text.trim() === '' || !whole || !(value >= from && value <= to)) {
    throw usage(
      `${option} must be a ${option === '--fail-rate' ? '' : 'whole '}number from ${from} to ${to}: ${text}`,
    )
  }
  return value
}

function verifyingKeyOf(text: string): string {
  const shared = !text.startsWith('whpk_')
  if (shared ? signingSecretFault(text) === undefined && text.startsWith('whsec_') : verifyingKey(text))
    return text
  throw usage('--signing-secret must be whsec_ and base64 of 24 to 64 bytes, or whpk_ and base64 of 32')
}

function credentialOf(text: string | undefined): ExpectedCredential | undefined {
  const credential = text === undefined ? undefined : parseCredential(text)
  if (text !== undefined && !credential) {
    throw usage('--credential must be basic:user:password, apikey:KEY, bearer or bearer:TOKEN')
  }
  return credential
}

function publishUrlOf(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw usage(`--publish-url must be an http or https URL: ${text}`)
  return text
}

/** `item` stands for every service, `foundation/store=store` for one; composite keys are parted by commas. */
function keysOf(texts: readonly string[]): Record<string, readonly string[]> {
  const pairs = texts.map((text) => {
    const [service, fields] = text.includes('=') ? text.split('=', 2) : ['*', text]
    const parts = (fields ?? '').split(',')
    if (!service || parts.includes('')) throw usage(`--key must be fields or service=fields: ${text}`)
    return [service, parts] as const
  })
  return Object.fromEntries(pairs)
}
