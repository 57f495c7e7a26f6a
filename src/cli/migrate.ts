import type { Register } from './command.ts'

/** Brings the database's schema up to date and ends: for deployments that keep serving processes from doing it. */
export const registerMigrate: Register = (program, context) => {
  program
    .command('migrate')
    .summary("bring the database's schema up to date")
    .description(
      'Runs the migrations that the database has not seen yet. serve does so by itself at its start.',
    )
    .action(() =>
      context.withDatabase(({ migrations, place }) => {
        const told = migrations.length === 0 ? 'is up to date' : `migrated: ${migrations.join(', ')}`
        context.print(`${place} ${told}`)
        return Promise.resolve()
      }),
    )
}
