import { enableCompileCache } from 'node:module'

// Before the rest is loaded: a warm cache halves the start.
enableCompileCache()
const { run } = await import('./cli/run.ts')

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one means now. PostgreSQL ends with us, and nothing is lost: see "Crash" in the README.
    if (stop.signal.aborted) process.exit(1)
    stop.abort()
  })
}
// npm and npx run us below a shell that a SIGTERM ends without telling us.
if (process.env['npm_command'] !== undefined) {
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop.abort(), 250).unref()
}
// A reader that has seen enough (`| head`) is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await run({ args: process.argv.slice(2), env: process.env, signal: stop.signal })
