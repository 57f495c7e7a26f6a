import { randomUUID } from 'node:crypto'
import type { OpenCredential } from '../../../src/domain/credential.ts'
import type { OutgoingCall, Sent } from '../../../src/engine/ports.ts'
import type { Client } from '../../../src/outbound/client.ts'
import { createDeliver, type OpenTarget, type SigningKey } from '../../../src/outbound/deliver.ts'
import { testClient } from './client.ts'

export interface DeliveryOptions {
  readonly client?: Client
  readonly signingSecret?: string | null
  readonly signingKeys?: readonly SigningKey[]
  readonly headers?: Readonly<Record<string, string>>
  readonly clock?: () => number
  readonly milliseconds?: number
  readonly openTarget?: () => Promise<OpenTarget | undefined>
}

/** One listener's way out: a deliver with its credential, and the calls to it. */
export function delivery(url: string, credential: OpenCredential, options: DeliveryOptions = {}) {
  const { client = testClient(), signingSecret = null, headers = {} } = options
  const { signingKeys = signingSecret === null ? [] : [{ secret: signingSecret, until: null }] } = options
  const target = { listenerName: 'items', listenerUid: randomUUID(), targetRevision: 3, url }
  let opened = 0
  const errors: unknown[] = []
  const deliver = createDeliver({
    client,
    openTarget: () => {
      opened += 1
      return options.openTarget?.() ?? Promise.resolve({ ...target, credential, signingKeys, headers })
    },
    clock: options.clock ?? Date.now,
    requestTimeoutMilliseconds: options.milliseconds ?? 10_000,
    version: '1.2.3',
    onError: (error) => errors.push(error),
  })
  const never = new AbortController().signal
  return {
    opened: () => opened,
    errors,
    send: (change: Partial<OutgoingCall> = {}, signal: AbortSignal = never): Promise<Sent> => {
      const call: OutgoingCall = {
        target,
        kind: 'PAYLOAD',
        body: Buffer.from('{"type":"PAYLOAD"}'),
        webhookId: 'msg_1',
        correlationId: 'c-1',
        ...change,
      }
      return deliver(call, signal)
    },
    target,
  }
}

/** An OAUTH credential. */
export function oauthCredential(
  tokenUrl: string,
  client: { readonly id: string; readonly secret: string },
  scope: string | null = null,
): OpenCredential {
  return {
    type: 'OAUTH',
    credentialName: 'idp',
    revision: 0,
    oauthClientId: client.id,
    oauthClientSecret: client.secret,
    oauthTokenUrl: tokenUrl,
    oauthScope: scope,
  }
}
