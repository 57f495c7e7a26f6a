import { z } from 'zod'
import { checkOption, putOptions } from '../options/set.ts'
import { textCell } from './cells.ts'
import { loadKind } from './kind.ts'

/** A system option by its name with its value, checked as `sincewire options set` does; no value unsets it. */
export const options = loadKind({
  record: z
    .strictObject({
      name: textCell(100),
      value: z.union([z.string(), z.number()], 'must be text or a number').nullish(),
    })
    .transform(({ name, value }) => ({ name, typed: value == null ? '' : String(value) }))
    .superRefine((setting, context) => {
      const checked = checkOption(setting)
      if ('fault' in checked)
        context.addIssue({ code: 'custom', message: checked.fault, path: [setting.name] })
    }),
  key: ({ name }) => name,
  save: putOptions,
})
