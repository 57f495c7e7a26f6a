import type { Log } from '../log.ts'
import { checkServer, placeOf } from './check.ts'
import { attachEmbedded, startEmbedded } from './embedded/index.ts'

export interface ServerOptions {
  readonly databaseUrl?: string | undefined
  readonly dataDir: string
  readonly postgresBin?: string | undefined
}

/** A PostgreSQL that can be used: somebody else's, checked, or the embedded one. */
export interface Server {
  readonly url: string
  /** For logs: without the password. */
  readonly place: string
  /** Resolves with its last words when the embedded server ends, asked or not. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

/**
 * Opens the database that the settings name. `share`: a command may use the embedded server of a running service.
 * Throws `unusable` with one sentence.
 */
export async function openServer(options: ServerOptions, log: Log, share = false): Promise<Server> {
  const { databaseUrl, dataDir, postgresBin } = options
  if (databaseUrl !== undefined) {
    await checkServer(databaseUrl)
    return {
      url: databaseUrl,
      place: placeOf(databaseUrl),
      ended: new Promise(() => {}),
      stop: () => Promise.resolve(),
    }
  }
  const open = share ? attachEmbedded : startEmbedded
  const server = await open({ dataDir, log, binDir: postgresBin })
  return { ...server, place: placeOf(server.url) }
}
