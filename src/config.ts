import { z } from 'zod'
import { parseBatchRefusal } from './domain/batch.ts'
import { isNetwork } from './domain/address.ts'
import { BEARER_ALGORITHMS } from './domain/access/bearerAlgorithms.ts'
import { forwardHeaders } from './domain/clientAddress.ts'
import { patternFault } from './domain/target.ts'
import { logLevels } from './log.ts'
import { readSettings, type SettingSources } from './settings.ts'

const whole = (from: number, to: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
    z
      .int(`must be a whole number from ${from} to ${to}`)
      .min(from, `must be at least ${from}`)
      .max(to, `must be at most ${to}`),
  )
const yesNo = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean('must be true or false'),
)
const text = z.string('must be text').min(1, 'must not be empty')
const optional = <T extends z.ZodType>(type: T) =>
  z.preprocess((value) => value ?? undefined, type.optional())
const patterns = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : (value ?? [])),
  z.array(
    z.string('must be a list of hosts').superRefine((pattern, context) => {
      const fault = patternFault(pattern)
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    }),
    'must be a list of hosts',
  ),
)
const networks = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : (value ?? [])),
  z.array(
    z
      .string('must be a list of networks')
      .refine(isNetwork, 'must hold addresses or networks such as 10.0.0.0/8')
      // Whoever may be a proxy may say what address they like.
      .refine((network) => !/\/0+$/.test(network), 'must not hold everybody (/0)'),
    'must be a list of networks',
  ),
)
const ports = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : (value ?? [])),
  z.array(whole(1, 65_535), 'must be a list of ports'),
)
const refusals = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',') : (value ?? [])),
  z.array(
    z.string('must be a list of services').transform((written, context) => {
      const refusal = parseBatchRefusal(written)
      if (refusal) return refusal
      context.addIssue({
        code: 'custom',
        message: 'must hold services such as webhooks/manage or webhooks/manage:costing',
      })
      return z.NEVER
    }),
    'must be a list of services',
  ),
)
const url = (schemes: RegExp, message: string) =>
  z.string(message).refine((value) => URL.canParse(value) && schemes.test(value), message)

const httpUrl = url(/^https?:\/\//, 'must be an http or https URL').transform((value) =>
  value.replace(/\/+$/, ''),
)
const proxyUrl = url(
  /^https?:\/\/[^/?#\\]+\/?$/,
  'must be a URL such as http://user:password@host:3128, without a path',
)
const databaseUrl = url(
  /^postgres(ql)?:\/\//,
  'must be a URL such as postgresql://user:password@host:5432/database',
)
const masterKey = z
  .string('must be text')
  .regex(/^([0-9a-f]{64}|[A-Za-z0-9+/]{43}=)$/i, 'must be 32 bytes in base64 or hex')
  .transform((key) => Buffer.from(key, key.length === 64 ? 'hex' : 'base64'))
const masterKeys = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : (value ?? [])),
  z.array(masterKey, 'must be a list of keys'),
)

const tls = z
  .strictObject({
    certificateFile: optional(text),
    keyFile: optional(text),
    minimumVersion: z.preprocess(String, z.enum(['1.2', '1.3'], 'must be 1.2 or 1.3')),
    reloadIntervalMilliseconds: whole(20, 3_600_000),
    hstsSeconds: whole(0, 63_072_000),
  })
  .transform(({ certificateFile, keyFile, ...rest }, context) => {
    if (certificateFile !== undefined && keyFile !== undefined) return { certificateFile, keyFile, ...rest }
    if (certificateFile === keyFile) return undefined
    const [missing, given] =
      keyFile === undefined ? ['keyFile', 'certificateFile'] : ['certificateFile', 'keyFile']
    context.addIssue({ code: 'custom', path: [missing], message: `must be set when tls.${given} is` })
    return z.NEVER
  })

const limits = z
  .strictObject({
    bodyMegabytes: whole(1, 1024),
    headerKilobytes: whole(1, 1024),
    headers: whole(10, 10_000),
    urlCharacters: whole(100, 1_000_000),
    headersTimeoutMilliseconds: whole(100, 600_000),
    requestTimeoutMilliseconds: whole(100, 3_600_000),
    idleTimeoutMilliseconds: whole(100, 3_600_000),
    stalledTimeoutMilliseconds: whole(100, 86_400_000),
    connections: whole(1, 1_000_000),
    connectionsPerAddress: whole(1, 1_000_000),
    requestsPerMinute: whole(1, 100_000_000),
  })
  .refine((limits) => limits.requestTimeoutMilliseconds >= limits.headersTimeoutMilliseconds, {
    path: ['requestTimeoutMilliseconds'],
    message: 'must be at least limits.headersTimeoutMilliseconds: the headers are a part of the request',
  })

const retry = z.strictObject({
  inPlaceRetries: whole(0, 10),
  inPlaceDelayMilliseconds: whole(0, 60_000),
  holdBaseSeconds: whole(1, 86_400),
  holdMaxSeconds: whole(1, 604_800),
})

const engine = z.strictObject({
  concurrency: whole(1, 10_000),
  probeConcurrency: whole(1, 10_000),
  perHostConcurrency: whole(1, 10_000),
  sweepIntervalMilliseconds: whole(20, 60_000),
  claimLimit: whole(1, 100_000),
  turnShareMilliseconds: whole(1, 600_000),
  wakeMaxIntervalSeconds: whole(1, 3600),
  requestTimeoutMilliseconds: whole(10, 600_000),
  connectTimeoutMilliseconds: whole(10, 600_000),
  maxAnswerKilobytes: whole(2, 102_400),
  pageCacheMegabytes: whole(0, 65_536),
  drainMilliseconds: whole(0, 600_000),
  retry,
})

const algorithms = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value),
  z
    .array(z.enum(BEARER_ALGORITHMS, `must hold only ${BEARER_ALGORITHMS.join(', ')}`), 'must be a list')
    .min(1, 'must not be empty'),
)

const oidc = z
  .strictObject({
    issuer: optional(text),
    audience: optional(text),
    jwksUrl: optional(url(/^https?:\/\//, 'must be an http or https URL')),
    algorithms,
    clockToleranceSeconds: whole(0, 300),
    roleClaim: text,
    rolePrefix: z.preprocess((value) => value ?? '', z.string('must be text')),
    servicesClaim: text,
    keysCooldownSeconds: whole(1, 3600),
  })
  .superRefine(({ issuer, audience, jwksUrl }, context) => {
    const given = { issuer, audience, jwksUrl }
    const absent = Object.entries(given).filter(([, value]) => value === undefined)
    if (absent.length === 0 || absent.length === 3) return
    for (const [key] of absent) {
      const message = 'must be set too: issuer, audience and jwksUrl belong together'
      context.addIssue({ code: 'custom', path: [key], message })
    }
  })

const schema = z.strictObject({
  host: text,
  port: whole(0, 65_535),
  publicUrl: optional(httpUrl),
  dataDir: text,
  databaseUrl: optional(databaseUrl),
  postgresBin: optional(text),
  logLevel: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`),
  adminKey: optional(text),
  clientKey: optional(text),
  masterKey: optional(masterKey),
  previousMasterKeys: masterKeys,
  tls,
  limits,
  access: z.strictObject({
    failedAttempts: whole(1, 1_000_000),
    failedAttemptsSeconds: whole(1, 86_400),
  }),
  oidc,
  proxies: z.strictObject({
    trusted: networks,
    header: z.enum(forwardHeaders, `must be one of ${forwardHeaders.join(', ')}`),
  }),
  targets: z.strictObject({ allow: patterns, allowHttp: patterns, ports }),
  outgoing: z.strictObject({
    proxy: optional(proxyUrl),
    signatureOverlapHours: whole(0, 720),
    certificateWarnDays: whole(0, 365),
  }),
  database: z.strictObject({
    apiPoolSize: whole(1, 1000),
    enginePoolSize: whole(2, 1000),
    apiStatementTimeoutMilliseconds: whole(0, 3_600_000),
  }),
  catalogue: z.strictObject({ sample: yesNo }),
  batch: z.strictObject({ refuseWrites: refusals, retryAfterSeconds: whole(1, 86_400) }),
  engine,
  jobs: z.strictObject({
    pollIntervalMilliseconds: whole(20, 60_000),
    poolSize: whole(1, 1000),
    tries: whole(1, 100),
    retrySeconds: whole(1, 86_400),
  }),
  retention: z.strictObject({
    attemptDays: whole(1, 3650),
    auditDays: whole(1, 3650),
    tickDays: whole(1, 3650),
    tombstoneDays: whole(1, 36_500),
    tombstonesDespiteListeners: yesNo,
    historyDays: whole(1, 3650),
    requestDays: whole(1, 3650),
  }),
})

/** Every setting, checked. config/default.yaml says what each one means. */
export type Config = z.output<typeof schema>

/** Reads and checks the settings. Throws `unusable` naming every bad key, where it came from and what is wrong. */
export function loadConfig(sources: SettingSources): Config {
  const settings = readSettings(sources)
  const result = schema.safeParse(settings.values)
  if (result.success) return result.data
  throw settings.refuse(result.error.issues.map(({ path, message }) => ({ path, message })))
}
