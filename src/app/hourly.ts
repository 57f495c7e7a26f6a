import { takeExpiring } from '../db/certificate.ts'
import { prune } from '../services/prune/run.ts'
import type { EngineBase } from './base.ts'

/** What one of the processes does once an hour. */
export async function everyHour({ config, log, engineDb }: EngineBase): Promise<void> {
  const expiring = await takeExpiring(engineDb, config.outgoing.certificateWarnDays)
  for (const { credentialName, client, ca } of expiring) {
    log.warn(
      { credential: credentialName, clientCertificateExpires: client, caCertificateExpires: ca },
      'a certificate of a credential expires soon, or has expired',
    )
  }
  log.info(await prune(engineDb, config.retention), 'pruned')
}
