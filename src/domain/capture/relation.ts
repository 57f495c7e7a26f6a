/** A table or view as PostgreSQL's catalogs describe it. */
export interface Relation {
  readonly oid: number
  /** Qualified and quoted, as PostgreSQL writes it. */
  readonly name: string
  readonly kind: RelationKind
  /** Not temporary and not unlogged. */
  readonly permanent: boolean
  /** One of PostgreSQL's or our own. */
  readonly system: boolean
  /** Whether we may put triggers on it: as its owner, or with that role's rights. */
  readonly owned: boolean
  readonly readable: boolean
  /** Whether row security hides rows from us. */
  readonly rowSecurity: boolean
  readonly columns: readonly Column[]
  /** Its partitions and inheritance children, at any depth. */
  readonly children: readonly { readonly name: string; readonly kind: RelationKind }[]
}

/** pg_class.relkind; `other` is nothing one could capture. */
export type RelationKind = 'table' | 'partitioned' | 'view' | 'materialized' | 'foreign' | 'other'

export interface Column {
  readonly name: string
  /** e.g. `numeric(10,2)` */
  readonly type: string
  /** The type without its modifier, e.g. `numeric`. */
  readonly baseType: string
  readonly notNull: boolean
}
