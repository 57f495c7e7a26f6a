import { AsyncLocalStorage } from 'node:async_hooks'
import {
  CompiledQuery,
  PostgresDialect,
  PostgresDriver,
  type DatabaseConnection,
  type Driver,
  type PostgresDialectConfig,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type { Changer } from '../domain/change.ts'

const present = new AsyncLocalStorage<Changer>()

/** Does work in whose transactions the log of changes (sql/0012_changes.sql) says that it was `changer`. */
export function asChanger<T>(changer: Changer, work: () => T): T {
  return present.run(changer, work)
}

/** PostgreSQL, with every transaction told who it is for. */
export class ChangerDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig

  constructor(config: PostgresDialectConfig) {
    super(config)
    this.#config = config
  }

  override createDriver(): Driver {
    return new ChangerDriver(this.#config)
  }
}

type Inner = Parameters<PostgresDriver['releaseConnection']>[0]

class ChangerDriver extends PostgresDriver {
  override async acquireConnection(): Promise<DatabaseConnection> {
    return new TellingConnection(this, (await super.acquireConnection()) as Inner)
  }

  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings) {
    const telling = tellingOf(connection)
    await super.beginTransaction(telling.inner, settings)
    telling.inTransaction = true
    try {
      await tell(telling.inner)
    } catch (error) {
      await this.rollbackTransaction(connection).catch(() => {}) // the first failure is the one to tell
      throw error
    }
  }

  override async commitTransaction(connection: DatabaseConnection) {
    const telling = tellingOf(connection)
    telling.inTransaction = false
    await super.commitTransaction(telling.inner)
  }

  override async rollbackTransaction(connection: DatabaseConnection) {
    const telling = tellingOf(connection)
    telling.inTransaction = false
    await super.rollbackTransaction(telling.inner)
  }

  override async releaseConnection(connection: DatabaseConnection) {
    await super.releaseConnection(tellingOf(connection).inner)
  }
}

/**
 * A statement that may write and has no transaction gets one of its own: the settings hold only in a transaction, so
 * that they never outlive it, behind a pooler either.
 */
class TellingConnection implements DatabaseConnection {
  readonly inner: Inner
  readonly #driver: ChangerDriver
  inTransaction = false

  constructor(driver: ChangerDriver, inner: Inner) {
    this.#driver = driver
    this.inner = inner
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.inTransaction || !present.getStore() || query.query.kind === 'SelectQueryNode') {
      return this.inner.executeQuery<R>(query)
    }
    await this.#driver.beginTransaction(this, {})
    let result: QueryResult<R>
    try {
      result = await this.inner.executeQuery<R>(query)
    } catch (error) {
      await this.#driver.rollbackTransaction(this).catch(() => {})
      throw error
    }
    await this.#driver.commitTransaction(this)
    return result
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize)
  }
}

async function tell(connection: DatabaseConnection): Promise<void> {
  const changer = present.getStore()
  if (!changer) return
  const { actor, role, via, address, correlationId } = changer
  const values = [actor, role, via, address, correlationId].map(
    // A caller's own words may be anything, and PostgreSQL's text holds neither NUL nor half a character.
    (value) => (value ?? '').replaceAll('\0', '').toWellFormed().slice(0, LONGEST),
  )
  await connection.executeQuery(
    CompiledQuery.raw(
      `select set_config('sincewire.actor', $1, true), set_config('sincewire.role', $2, true),
        set_config('sincewire.via', $3, true), set_config('sincewire.address', $4, true),
        set_config('sincewire.correlation_id', $5, true)`,
      values,
    ),
  )
}

const LONGEST = 300

function tellingOf(connection: DatabaseConnection): TellingConnection {
  if (connection instanceof TellingConnection) return connection
  throw new Error('a connection of another driver')
}
