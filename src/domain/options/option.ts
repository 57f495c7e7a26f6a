/** What an option may hold. All may be null: not set. */
export type OptionType =
  | { readonly kind: 'code'; readonly values: readonly string[] }
  | { readonly kind: 'text'; readonly max: number }
  /** `scale`: digits behind the point. */
  | { readonly kind: 'number'; readonly max: number; readonly scale: number }

export type OptionValue = string | number | null
export type OptionTypes = Readonly<Record<string, OptionType>>

/** One of some codes. */
export const code = (...values: readonly string[]): OptionType => ({ kind: 'code', values })
export const yn = code('Y', 'N')
/** Text whose values the document leaves to other tables. */
export const text = (max: number): OptionType => ({ kind: 'text', max })
/** A whole number of at most so many digits, as NUMBER(digits). */
export const whole = (digits: number): OptionType => ({ kind: 'number', max: 10 ** digits - 1, scale: 0 })
/** NUMBER(12, 4) and NUMBER(20, 4): above 15 digits a JSON number would not be exact. */
export const decimal = (digits: number): OptionType => ({
  ...{ kind: 'number', max: 10 ** Math.min(digits - 4, 11) - 1, scale: 4 },
})

/** The column of an option: `costOutStorageUom` is cost_out_storage_uom. */
export function optionColumn(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** A value from what somebody typed; a blank is null. `fault` is the end of a sentence that begins with the name. */
export function parseOption(
  type: OptionType,
  typed: string,
): { readonly value: OptionValue } | { readonly fault: string } {
  if (typed === '') return { value: null }
  switch (type.kind) {
    case 'code':
      return type.values.includes(typed)
        ? { value: typed }
        : { fault: `must be one of ${type.values.join(', ')}` }
    case 'text':
      return typed.length <= type.max && /^[\w ./-]+$/.test(typed)
        ? { value: typed }
        : { fault: `must be at most ${type.max} letters, digits, blanks and _ . / -` }
    case 'number': {
      const { max, scale } = type
      const shape = scale === 0 ? /^\d+$/ : /^\d+(\.\d{1,4})?$/
      const sort = scale === 0 ? 'a whole number' : `a number with at most ${scale} decimals`
      const value = Number(typed)
      return shape.test(typed) && value <= max ? { value } : { fault: `must be ${sort} from 0 to ${max}` }
    }
  }
}
