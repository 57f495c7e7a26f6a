import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Config } from '../config.ts'
import { findKey, noteUse } from '../db/client.ts'
import { openPool } from '../db/pool.ts'
import { unusable } from '../domain/errors.ts'
import { checkTargetUrl } from '../domain/target.ts'
import type { Part } from '../parts.ts'
import { createKeyHasher } from '../secrets/keyHash.ts'
import { createAuthenticate, type Authenticate } from '../services/access/authenticate.ts'
import { createBearer, type BearerRules } from '../services/access/bearer.ts'
import { createClientServices, type ClientServices } from '../services/access/index.ts'
import { makeFirstClient } from '../services/access/manage.ts'
import { createThrottle } from '../services/access/throttle.ts'
import type { Base } from './base.ts'
import { openClient } from './client.ts'

/** Who gets in. */
export interface Access extends Part {
  readonly authenticate: Authenticate
  readonly clients: ClientServices
}

const KEYS_TIMEOUT_MILLISECONDS = 5_000
/** Connections that look keys up, each in a fraction of a millisecond: nobody waits there behind the calls' queries. */
const DOOR_CONNECTIONS = 2

/**
 * The way in. `announce`: writes the first administrator's key where a person sees it, and
 * nowhere else; undefined: this process makes no first administrator.
 */
export function createAccess(base: Base, announce: ((text: string) => void) | undefined): Access {
  const { config, log, apiDb: db } = base
  const deps = { db, hasher: createKeyHasher(), random: (size: number) => randomBytes(size) }
  const rules = bearerRules(config)
  const keys = rules && openKeysClient(config)
  const door = openPool({
    ...{ url: base.databaseUrl, max: DOOR_CONNECTIONS, applicationName: 'sincewire access', actor: 'api' },
    statementTimeoutMilliseconds: config.database.apiStatementTimeoutMilliseconds,
    onError: (err) => log.warn({ err }, 'a database connection broke'),
  })
  return {
    name: 'access',
    authenticate: createAuthenticate({
      ...{ hasher: deps.hasher, adminKey: config.adminKey },
      findKey: (keyId) => findKey(door, keyId),
      noteUse: (keyId) => noteUse(door.db, keyId),
      bearer: rules && keys && createBearer(rules, keys),
      throttle: createThrottle({
        failures: config.access.failedAttempts,
        windowSeconds: config.access.failedAttemptsSeconds,
        clock: () => performance.now(),
      }),
      onRefused: (refused) => log.warn(refused, 'a call was not let in'),
      onTrouble: (err) => log.debug({ err }, 'the use of a client key was not written down'),
    }),
    clients: createClientServices(deps),
    async start() {
      if (config.adminKey !== undefined || !announce) return
      const key = await makeFirstClient(deps)
      if (key !== undefined) announce(firstWords(key))
    },
    async stop() {
      await keys?.close()
      await door.close()
    },
  }
}

function firstWords(key: string): string {
  return [
    '',
    'This is the first start: there is a client "administrator" now. Its key, shown this once:',
    '',
    `  ${key}`,
    '',
    'Send it as the header x-api-key. Missed it? sincewire client rotate administrator',
    '',
    '',
  ].join('\n')
}

/** Where the issuer's keys come from is called under the same rules as listeners are. */
function openKeysClient(config: Config) {
  return openClient(config, { connectionsPerHost: 2, connectTimeoutMilliseconds: KEYS_TIMEOUT_MILLISECONDS })
}

function bearerRules({ oidc, targets }: Config): BearerRules | undefined {
  const { issuer, audience, jwksUrl } = oidc
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) return undefined
  const check = checkTargetUrl(jwksUrl, targets)
  if (check.kind === 'refused') throw unusable(`The setting oidc.jwksUrl ${check.reason}.`)
  return { ...oidc, issuer, audience, jwksUrl }
}
