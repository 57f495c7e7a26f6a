import { pino, stdTimeFunctions, type Logger } from 'pino'
import pretty from 'pino-pretty'

/** Where every part of the process writes. */
export type Log = Logger

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

const secretKeys = [
  'password',
  'secret',
  'apikey',
  'apiKey',
  'adminKey',
  'clientKey',
  'masterKey',
  'previousMasterKeys',
  'authorization',
  'oauthClientSecret',
  'signingSecret',
  'clientPrivateKey',
  'clientPrivateKeyPassphrase',
  'proxy',
  'databaseUrl',
]
// pino's `*` is one level deep: the plain name and the starred one cover what we log.
const secretPaths = [...secretKeys.flatMap((key) => [key, `*.${key}`]), '["x-api-key"]', '*["x-api-key"]']

/**
 * Readable lines on a terminal, JSON elsewhere. Fields that name a secret are struck out.
 * A service logs to stdout; a command, whose result goes there, to stderr.
 */
export function createLog(level: LogLevel, stream: NodeJS.WriteStream = process.stdout): Log {
  const options = {
    level,
    base: null,
    redact: { paths: secretPaths, censor: '[secret]' },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: stdTimeFunctions.isoTime,
  }
  const readable = { colorize: true, translateTime: 'SYS:HH:MM:ss.l', singleLine: true, destination: stream }
  return pino(options, stream.isTTY ? pretty(readable) : stream)
}
