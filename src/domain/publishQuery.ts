import { invalid, shown, type FieldError } from './errors.ts'
import type { FilterValue } from './filter.ts'
import { EPOCH, parseInstant, type Instant } from './instant.ts'
import { LISTENER_DEFAULTS } from './listener.ts'
import { parseOffsetkey } from './offsetkey.ts'
import { parsePaths, projectionText } from './projection.ts'
import type { Service } from './service.ts'
import type { Position } from './window.ts'

/** What a caller of the publish API asks of a service's collection. */
export interface PublishQuery {
  /** 1970 when not given: a full download. */
  readonly since: Instant
  /** Null: not given, so the window ends now. */
  readonly before: Instant | null
  /** Whether we may end the window earlier, at about 10,000 records. */
  readonly optimalBefore: boolean
  readonly after: Position | null
  readonly limit: number
  /** As PageRequest.projection. */
  readonly projection: string | null
  readonly filters: readonly FilterValue[]
}

/** Query parameters by name and value, decoded, in the order given. */
export type Parameters = Iterable<readonly [string, string]>

const collectionParameters = ['since', 'before', 'offsetkey', 'limit', 'include', 'exclude', 'optimalBefore']
const recordParameters = ['include', 'exclude']

export const wrongQuery = 'Error found in validation of query parameters'

/**
 * Checks the parameters of `GET …/<service>`. Throws `invalid` with every wrong one: unknown, repeated, not of its
 * form, or an offsetkey that was made for another service, window or choice of filters.
 */
export function parsePublishQuery(parameters: Parameters, service: Service): PublishQuery {
  const wrong: FieldError[] = []
  const names = [...collectionParameters, ...service.filters.map((filter) => filter.name)]
  const given = collect(parameters, names, wrong)
  const since = instant('since', given, wrong) ?? EPOCH
  const before = instant('before', given, wrong) ?? null
  if (before !== null && since > before) wrong.push(error('since', 'must not be after before', given))
  const filters = filterValues(service, given, wrong)
  const query = {
    since,
    before,
    optimalBefore: yesOrNo('optimalBefore', given, wrong),
    limit: limit(given, wrong),
    projection: projection(given, wrong),
    filters,
  }
  const after = wrong.length > 0 ? null : offset(given, { ...query, service: service.name }, wrong)
  if (wrong.length > 0) throw invalid(wrong, wrongQuery)
  return { ...query, after }
}

/** Checks the parameters of `GET …/<service>/{id}` and returns its projection. Throws as parsePublishQuery does. */
export function parseRecordQuery(parameters: Parameters): string | null {
  const wrong: FieldError[] = []
  const asked = projection(collect(parameters, recordParameters, wrong), wrong)
  if (wrong.length > 0) throw invalid(wrong, wrongQuery)
  return asked
}

/** Checks the parameters of `GET …/omnichannel/refreshdate` and returns the service asked for, if any. */
export function parseRefreshQuery(parameters: Parameters): string | undefined {
  const wrong: FieldError[] = []
  const given = collect(parameters, ['entitytype'], wrong)
  if (wrong.length > 0) throw invalid(wrong, wrongQuery)
  return given.get('entitytype')
}

type Given = ReadonlyMap<string, string>

function collect(parameters: Parameters, names: readonly string[], wrong: FieldError[]): Given {
  const given = new Map<string, string>()
  for (const [name, value] of parameters) {
    const inputValue = shown(value)
    if (!names.includes(name)) {
      wrong.push({
        error: `is not a parameter here; known: ${names.join(', ')}`,
        field: shown(name) ?? '',
        inputValue,
      })
    } else if (given.has(name)) wrong.push({ error: 'must be given once only', field: name, inputValue })
    else given.set(name, value)
  }
  return given
}

function error(field: string, text: string, given: Given): FieldError {
  return { error: text, field, inputValue: shown(given.get(field)) }
}

function instant(field: string, given: Given, wrong: FieldError[]): Instant | undefined {
  const text = given.get(field)
  if (text === undefined) return undefined
  const parsed = parseInstant(text)
  if (parsed === undefined) {
    wrong.push(
      error(
        field,
        'must be a date-time with milliseconds at most and a zone, such as 2026-11-20T20:46:00.123Z',
        given,
      ),
    )
  }
  return parsed
}

function yesOrNo(field: string, given: Given, wrong: FieldError[]): boolean {
  const text = given.get(field) ?? 'N'
  if (text !== 'Y' && text !== 'N') wrong.push(error(field, 'must be one of Y, N', given))
  return text === 'Y'
}

function limit(given: Given, wrong: FieldError[]): number {
  const text = given.get('limit')
  if (text === undefined) return LISTENER_DEFAULTS.pageLimit
  if (!/^\d{1,6}$/.test(text) || Number(text) === 0) {
    wrong.push(error('limit', 'must be a whole number from 1 to 999999', given))
  }
  return Number(text)
}

function projection(given: Given, wrong: FieldError[]): string | null {
  const [include, exclude] = ['include', 'exclude'].map((field) => {
    const list = given.get(field)
    const paths = list === undefined ? [] : parsePaths(list)
    if (typeof paths !== 'string') return paths
    wrong.push(error(field, paths, given))
    return []
  })
  return projectionText({ include: include ?? [], exclude: exclude ?? [] })
}

function filterValues(service: Service, given: Given, wrong: FieldError[]): readonly FilterValue[] {
  return service.filters.flatMap((filter) => {
    const value = given.get(filter.name)
    if (value === undefined || collectionParameters.includes(filter.name)) return []
    if (value === '') wrong.push(error(filter.name, 'must not be empty', given))
    else if (value.includes('\0')) wrong.push(error(filter.name, 'must not hold a NUL character', given))
    else if (filter.values && !filter.values.includes(value)) {
      wrong.push(error(filter.name, `must be one of ${filter.values.join(', ')}`, given))
    }
    return [{ filter, value }]
  })
}

function offset(
  given: Given,
  scope: Pick<PublishQuery, 'since' | 'before' | 'filters'> & { readonly service: string },
  wrong: FieldError[],
): Position | null {
  const text = given.get('offsetkey')
  if (text === undefined) return null
  const { before } = scope
  if (before === null) {
    wrong.push(
      error('offsetkey', 'must come with the before of its run: follow the links as they are', given),
    )
    return null
  }
  const position = parseOffsetkey(text, { ...scope, before })
  if (!position) {
    wrong.push(
      error(
        'offsetkey',
        'is not one of this service, since, before and choice of filters: follow the links as they are',
        given,
      ),
    )
  }
  return position ?? null
}
