import { prepareServiceRole } from '../app/serviceRole.ts'
import type { Register } from './command.ts'

/** Brings the database's schema up to date and ends: for deployments that keep serving processes from doing it. */
export const registerMigrate: Register = (program, context) => {
  program
    .command('migrate')
    .summary("bring the database's schema up to date")
    .description(
      'Runs the migrations that the database has not seen yet. serve does so by itself at its start, unless it runs as\n' +
        'a role that owns nothing: --service-role gives one what it needs, and nothing else.',
    )
    .option('--service-role <role>', 'a role of PostgreSQL for serve; run this as the owner of the tables')
    .action(({ serviceRole }: { serviceRole?: string }) =>
      context.withDatabase(async (database, config) => {
        const { migrations, place } = database
        const told = migrations.length === 0 ? 'is up to date' : `migrated: ${migrations.join(', ')}`
        context.print(`${place} ${told}`)
        if (serviceRole === undefined) return
        await prepareServiceRole(database, serviceRole, context.log(config))
        context.print(`${serviceRole} has what serve needs; migrate and capture stay the owner's`)
      }),
    )
}
