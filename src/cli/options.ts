import { invalid } from '../domain/errors.ts'
import { findOption } from '../domain/options/index.ts'
import { getAllOptions } from '../services/options/get.ts'
import { setOptions, type OptionSetting } from '../services/options/set.ts'
import { usage, type Register } from './command.ts'

/** Shows and sets the system options. */
export const registerOptions: Register = (program, context) => {
  const options = program.command('options').summary('show and set the system options')
  options
    .command('get')
    .argument('[names...]', 'options such as importInd; all when none is named')
    .summary('print name=value, one a line')
    .action((names: string[]) => {
      const unknown = names.filter((name) => !findOption(name))
      if (unknown.length > 0) {
        const faults = unknown.map((field) => ({ error: 'is not an option', field, inputValue: null }))
        throw invalid(faults, 'There are no such options:')
      }
      return context.withDatabase(async ({ engineDb }) => {
        const values = await getAllOptions(engineDb)
        for (const name of names.length > 0 ? names : Object.keys(values)) {
          context.print(`${name}=${values[name] ?? ''}`)
        }
      })
    })
  options
    .command('set')
    .argument('<settings...>', 'name=value; name= unsets it')
    .summary('set options: all or none')
    .action((settings: string[]) =>
      context.withDatabase(async ({ engineDb }) => {
        const parsed = settings.map(parseSetting)
        await setOptions(engineDb, parsed)
        for (const { name, typed } of parsed) context.print(`${name}=${typed}`)
      }),
    )
}

function parseSetting(text: string): OptionSetting {
  const at = text.indexOf('=')
  if (at < 1) throw usage(`a setting must be name=value: ${text}`)
  return { name: text.slice(0, at), typed: text.slice(at + 1) }
}
