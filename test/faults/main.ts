// npm run test:faults [-- scenario…] [--seed N] [--seconds N]: all scenarios by default, half a minute of faults each.
// The same seed gives the same schedule of faults; what they hit depends on the machine's timing as well.
import { parseArgs } from 'node:util'
import { cleanUpNow } from '../support/cleanUp.ts'
import { brokenLines } from './report.ts'
import { runScenario } from './scenario.ts'
import { SCENARIOS } from './scenarios/index.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, seconds: { type: 'string', default: '30' } },
})
const [seed, seconds] = [Number(values.seed), Number(values.seconds)]
const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name))
if (unknown.length > 0 || !Number.isSafeInteger(seed) || !(seconds > 0)) {
  print(`Scenarios: ${SCENARIOS.map(({ name }) => name).join(' ')}; --seed and --seconds take numbers.`)
  process.exit(2)
}

// Ctrl-C: what a scenario has started, mounted and written goes before we do; a second one does not wait.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void cleanUpNow().finally(() => process.exit(130))
  })
}

for (const scenario of SCENARIOS) {
  if (positionals.length > 0 && !positionals.includes(scenario.name)) continue
  print(`${scenario.name}: ${scenario.title} (seed ${seed}, ${seconds} s)`)
  try {
    const { lines, broken } = await runScenario(scenario, { seed, seconds })
    for (const line of [...lines, ...brokenLines(broken)]) print(line)
    if (broken.length > 0) process.exitCode = 1
  } catch (error) {
    process.exitCode = 1
    print(`  BROKEN          ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  } finally {
    await cleanUpNow()
  }
  print('')
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
