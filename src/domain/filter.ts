/**
 * A query parameter by which a service's records may be filtered on the publish API, as kept in
 * `merchapi_config.filters`.
 */
export interface Filter {
  /** The query parameter, e.g. `deptId`. */
  readonly name: string
  /** Where in the document: a jsonpath such as `$.dept` or `$.itemSupplier[*].supplier`. */
  readonly path: string
  /** equal (default): the text of a value found there; from / to: at or after / at or before, as text or date. */
  readonly match?: 'equal' | 'from' | 'to'
  /** The values allowed, when they are a closed set, e.g. ["S","W","E"]. */
  readonly values?: readonly string[]
}

/** A filter of the service with the value asked for. */
export interface FilterValue {
  readonly filter: Filter
  readonly value: string
}
