import fc from 'fast-check'

/** What we read of a JSON schema. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

export type Schemas = Readonly<Record<string, Schema>>

/** Values that a schema allows, or almost: what it says of patterns is not looked at. */
export function fromSchema(schema: Schema, schemas: Schemas): fc.Arbitrary<unknown> {
  const target = resolve(schema, schemas)
  if (target.const !== undefined) return fc.constant(target.const)
  if (target.enum) return fc.constantFrom(...target.enum)
  const choices = target.anyOf ?? target.oneOf
  if (choices) return fc.oneof(...choices.map((choice) => fromSchema(choice, schemas)))
  const types = [target.type ?? 'any'].flat()
  return fc.oneof(...types.map((type) => ofType(type, target, schemas)))
}

function ofType(type: string, schema: Schema, schemas: Schemas): fc.Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return text(schema)
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1000, max: schema.maximum ?? 1_000_000 })
    case 'number':
      return fc.double({ min: schema.minimum ?? -1000, max: schema.maximum ?? 1_000_000, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(fromSchema(schema.items ?? {}, schemas), { maxLength: 3 })
    case 'object': {
      const entries = Object.entries(schema.properties ?? {})
      const shape = Object.fromEntries(entries.map(([name, each]) => [name, fromSchema(each, schemas)]))
      return fc.record(shape, { requiredKeys: [...(schema.required ?? [])] })
    }
    default:
      return fc.jsonValue()
  }
}

function text({ format, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time') return moments.map((moment) => moment.toISOString())
  if (format === 'date') return moments.map((moment) => moment.toISOString().slice(0, 10))
  const length = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) }
  return fc.oneof(
    fc.string(length),
    fc.string({ ...length, unit: 'binary' }),
    fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/),
  )
}

const moments = fc.date({ min: new Date('1960-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })

/** What a schema is behind its ref. */
export function resolve(schema: Schema, schemas: Schemas): Schema {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? schema : resolve(schemas[name] ?? {}, schemas)
}

/** The same schema with nothing allowed that it does not name, refs leading to $defs: for holding answers to it. */
export function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const each = Object.entries(schema).map(([name, value]): [string, unknown] =>
    name === '$ref'
      ? [name, String(value).replace('#/components/schemas/', '#/$defs/')]
      : [name, closed(value)],
  )
  const copy = Object.fromEntries(each)
  return 'properties' in copy && !('additionalProperties' in copy)
    ? { ...copy, additionalProperties: false }
    : copy
}
