import { resolve, type Schema, type Schemas } from '../administration/fromSchema.ts'

export interface Operation {
  readonly method: string
  readonly path: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly body: Schema | undefined
}

interface Document {
  readonly paths: Record<string, Record<string, Described>>
  readonly components: { readonly schemas: Schemas }
}

interface Described {
  readonly parameters?: Operation['parameters']
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> }
}

/** Every operation that the service's own document names, so that none is forgotten. */
export function operationsOf(document: Document): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      ...{ method: method.toUpperCase(), path, parameters },
      body: requestBody?.content['application/json']?.schema,
    })),
  )
}

/** What fields and parameters are given where it is not their turn. Only the client is there. */
const WORDS: Record<string, unknown> = {
  collectionSize: 1,
  name: 'corpus-client',
  service: 'corpus/none',
  credentialName: 'NONE',
  credentialType: 'APIKEY',
  listenerUrl: 'https://hooks.receiver.example/in',
}

/** A body as a schema asks for, fit to hold `value` at `at`: the raw JSON of the whole. */
export function bodyWith(schema: Schema, schemas: Schemas, at: readonly string[], value: string): string {
  const { type, properties = {}, required = [], items } = resolve(schema, schemas)
  const [name, ...rest] = at
  if (name === undefined) return value
  if ([type].flat().includes('array')) return `[${bodyWith(items ?? {}, schemas, rest, value)}]`
  const names = new Set([...required, ...Object.keys(WORDS).filter((word) => word in properties), name])
  const fields = [...names].map((each) => {
    const sub = properties[each] ?? {}
    const text = each === name ? bodyWith(sub, schemas, rest, value) : plain(sub, schemas, each)
    return `${JSON.stringify(each)}:${text}`
  })
  return `{${fields.join(',')}}`
}

function plain(schema: Schema, schemas: Schemas, name: string): string {
  if (name in WORDS) return JSON.stringify(WORDS[name])
  const { type, enum: choices, minimum, items, properties = {}, required = [] } = resolve(schema, schemas)
  if (choices) return JSON.stringify(choices[0])
  switch ([type].flat()[0]) {
    case 'integer':
    case 'number':
      return String(minimum ?? 1)
    case 'boolean':
      return 'true'
    case 'array':
      return `[${plain(items ?? {}, schemas, '')}]`
    case 'object':
      return `{${required.map((each) => `${JSON.stringify(each)}:${plain(properties[each] ?? {}, schemas, each)}`).join(',')}}`
    default:
      return '"a"'
  }
}

/** Where a body has fields: paths of names, `0` for a list's element. Lists and objects themselves are fields too. */
export function fieldsOf(schema: Schema, schemas: Schemas): readonly (readonly string[])[] {
  const { type, properties = {}, items } = resolve(schema, schemas)
  if ([type].flat().includes('array')) return fieldsOf(items ?? {}, schemas).map((rest) => ['0', ...rest])
  return Object.entries(properties).flatMap(([name, sub]) => [
    [name],
    ...fieldsOf(sub, schemas).map((rest) => [name, ...rest]),
  ])
}

/** A path with every segment and query parameter given, one of them as wanted. */
export function placeWith(operation: Operation, parameter: string, value: string): string {
  const give = (name: string) => (name === parameter ? value : String(WORDS[name] ?? 'a'))
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encode(give(name)))
  const query = operation.parameters
    .filter(({ name, required, in: place }) => place === 'query' && (required === true || name === parameter))
    .map(({ name }) => `${name}=${encode(give(name))}`)
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}

/** As encodeURIComponent, and half characters as the bytes that they would be. */
function encode(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : '%ed%a0%80'
}
