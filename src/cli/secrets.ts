import { randomBytes } from 'node:crypto'
import { unusable } from '../domain/errors.ts'
import { rotateSecrets, type Rotation } from '../services/secrets/rotate.ts'
import { secretsStatus } from '../services/secrets/status.ts'
import type { Register } from './command.ts'

interface Options {
  readonly json?: true
}

/** Shows which master keys seal the stored secrets, and goes over to a new one. */
export const registerSecrets: Register = (program, context) => {
  const secrets = program.command('secrets').summary('go over to a new master key')
  secrets
    .command('status')
    .summary('which master keys there are, and how many secrets each has sealed')
    .option('--json', 'print JSON')
    .action(({ json }: Options) =>
      context.withDatabase(async ({ engineDb, vault, keyFile }) => {
        const keys = await secretsStatus(engineDb, vault)
        const place = keyFile?.path ?? 'the setting masterKey'
        if (json) return context.print(JSON.stringify({ place, keys }))
        context.print(`The master key is in ${place}.`)
        for (const { keyId, current, secrets } of keys)
          context.print(`${keyId}  ${current ? 'current ' : 'previous'}  ${secrets} secrets`)
      }),
    )
  secrets
    .command('rotate')
    .summary('seal every stored secret anew with a new master key, while the service runs')
    .description(
      'Where the key is in the data folder, a new one is made, and running services go over to it by themselves.\n' +
        'Where the setting masterKey gives it: set the new one there and the old one in previousMasterKeys, restart\n' +
        'the services, then run this. Cut short, it goes on when run again.',
    )
    .option('--json', 'print JSON')
    .action(({ json }: Options) =>
      context.withDatabase(async ({ engineDb, vault, keyFile }) => {
        const progress = context.progress('sealing')
        const deps = { db: engineDb, vault, file: keyFile, newKey: () => randomBytes(32) }
        const rotation = await rotateSecrets(deps, {
          onProgress: ({ done, total }) => progress.update(done, total),
          signal: context.signal,
        }).finally(() => progress.stop())
        if (json) context.print(JSON.stringify(rotation))
        else for (const line of describe(rotation)) context.print(line)
        if (!rotation.finished) throw unusable('Broken off: run it again to go on.')
        if (rotation.unreadable.length > 0)
          throw unusable(
            `No master key at hand opens ${rotation.unreadable.join('; ')}: give these secrets anew, then run it again. The old key stays.`,
          )
      }),
    )
}

function describe({ keyId, total, resealed, retired, finished }: Rotation): readonly string[] {
  if (!finished) return [`${resealed} secrets are sealed anew so far`]
  return [
    `${total} secrets are sealed with key ${keyId}, ${resealed} of them anew`,
    ...retired.map((file) => `the old key is in ${file} now: only backups made before need it`),
  ]
}
