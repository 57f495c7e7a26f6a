import { z } from '@hono/zod-openapi'
import { CREDENTIAL_TYPES } from '../../domain/credential.ts'
import { toIsoMillis, type Instant } from '../../domain/instant.ts'
import type { DayOfCalls, LastCall, Webhook } from '../../services/listener/list.ts'

const yn = z.enum(['Y', 'N'])
const moment = z.iso.datetime().nullable()

const status = z.object({
  nextPollTime: moment.openapi({ description: 'null while disabled' }),
  nextPollSinceTimestamp: moment,
  nextPollOffsetKey: z
    .string()
    .nullable()
    .openapi({ description: 'key of the last record published in the open window; null when none is open' }),
  nextHeartbeatTime: moment.openapi({ description: 'null while disabled' }),
  heartbeatError: z.string().nullable(),
  failures: z.int().openapi({ description: 'failed calls in a row; above zero the listener is on hold' }),
  holdSince: moment,
  disabledReason: z.string().nullable().openapi({ description: 'why we disabled it' }),
})

const day = z.object({
  date: z.iso.date(),
  count: z.int().openapi({ description: 'attempts to publish, without heartbeats' }),
  countSuccess: z.int(),
  lastPublishTime: moment,
  lastPublishActivityLog: z.string().nullable(),
  countHeartbeat: z.int(),
  countSuccessHeartbeat: z.int(),
  lastHeartbeatTime: moment,
  lastHeartbeatActivityLog: z.string().nullable(),
})

const signature = z.object({
  version: z.enum(['v1', 'v1a']).openapi({ description: 'v1: a shared secret; v1a: ed25519' }),
  publicKey: z.string().optional().openapi({ description: 'whpk_…, what receivers verify v1a with' }),
  previousUntil: moment.openapi({ description: 'until when the key before it signs too; null: none does' }),
})

/** An item of the list; one without a service is a credential that no listener uses. */
export const webhookItem = z
  .object({
    credentialName: z.string(),
    credentialType: z.enum(CREDENTIAL_TYPES),
    owner: z.string().nullable().openapi({ description: 'the client that registered it' }),
    clientCertificateExpires: z.iso.datetime().optional().openapi({
      description: 'of the certificate that connections with this credential show; absent: they show none',
    }),
    caCertificateExpires: z.iso.datetime().optional().openapi({
      description: 'of the first to expire of the authorities that the credential adds',
    }),
    service: z.string().optional(),
    listenerName: z.string().optional(),
    listenerUrl: z.string().optional(),
    enabled: yn.optional(),
    intervalSeconds: z.int().optional(),
    includePayload: yn.optional(),
    pageLimit: z.int().optional(),
    queryParameter: z.string().nullable().optional(),
    heartbeatIntervalHours: z.int().optional(),
    sinceTimestamp: z.iso.datetime().optional(),
    signed: yn.optional(),
    signatures: z.array(signature).optional(),
    headerNames: z
      .array(z.string())
      .optional()
      .openapi({ description: 'of the headers of its own; their values are not shown' }),
    status: status.optional(),
    metrics: z.array(day).optional(),
  })
  .openapi('Webhook')

/** A webhook as the list shows it. */
export function toWebhookItem({
  position,
  credentialType,
  owner,
  expiries,
  listener,
  days,
}: Webhook): z.infer<typeof webhookItem> {
  const { credentialName } = position
  const credential = {
    credentialName,
    credentialType,
    owner,
    ...(expiries.client !== null && { clientCertificateExpires: toIsoMillis(expiries.client) }),
    ...(expiries.ca !== null && { caCertificateExpires: toIsoMillis(expiries.ca) }),
  }
  if (!listener) return credential
  return {
    ...credential,
    service: listener.service,
    listenerName: listener.listenerName,
    listenerUrl: listener.listenerUrl,
    enabled: yesNo(listener.enabled),
    intervalSeconds: listener.intervalSeconds,
    includePayload: yesNo(listener.includePayload),
    pageLimit: listener.pageLimit,
    queryParameter: listener.queryParameter,
    heartbeatIntervalHours: listener.heartbeatIntervalHours,
    sinceTimestamp: toIsoMillis(listener.since.at),
    signed: yesNo(listener.signatures.length > 0),
    signatures: listener.signatures.map(({ version, publicKey, previousUntil }) => ({
      version,
      ...(publicKey !== null && { publicKey }),
      previousUntil: previousUntil && toIsoMillis(previousUntil),
    })),
    headerNames: [...listener.headerNames],
    status: {
      nextPollTime: listener.enabled ? toIsoMillis(listener.nextPollAt) : null,
      nextPollSinceTimestamp: toIsoMillis(listener.since.at),
      nextPollOffsetKey: listener.after?.key ?? null,
      nextHeartbeatTime: listener.enabled ? toIsoMillis(listener.nextHeartbeatAt) : null,
      heartbeatError: listener.heartbeatError,
      failures: listener.failures,
      holdSince: listener.holdSince && toIsoMillis(listener.holdSince),
      disabledReason: listener.disabledReason,
    },
    ...(days && { metrics: days.map(toDay) }),
  }
}

function toDay(calls: DayOfCalls): z.infer<typeof day> {
  return {
    date: calls.date,
    count: calls.count,
    countSuccess: calls.countSuccess,
    lastPublishTime: timeOf(calls.lastPublish),
    lastPublishActivityLog: calls.lastPublish && activityLog(calls.lastPublish),
    countHeartbeat: calls.countHeartbeat,
    countSuccessHeartbeat: calls.countSuccessHeartbeat,
    lastHeartbeatTime: timeOf(calls.lastHeartbeat),
    lastHeartbeatActivityLog: calls.lastHeartbeat && activityLog(calls.lastHeartbeat),
  }
}

/** One sentence on a call, e.g. `PAYLOAD of 1000 records: 200 after 12 ms`. */
function activityLog(call: LastCall): string {
  const records = call.recordCount === null ? '' : ` of ${call.recordCount} records`
  const outcome = call.status ?? 'no answer'
  const error = call.error === null ? '' : `: ${call.error}`
  return `${call.kind}${records}: ${outcome} after ${call.durationMilliseconds} ms${error}`
}

function timeOf(call: LastCall | null): Instant | null {
  return call && toIsoMillis(call.at)
}

function yesNo(value: boolean): 'Y' | 'N' {
  return value ? 'Y' : 'N'
}
