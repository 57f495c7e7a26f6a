import type { Instant } from './instant.ts'
import type { Service } from './service.ts'

export const REFRESH_ACTIONS = ['ENABLE', 'DISABLE', 'REFRESH'] as const
export type RefreshAction = (typeof REFRESH_ACTIONS)[number]
export const REFRESH_TYPES = ['TRUNCATE_AND_LOAD', 'REBUILD'] as const
export type RefreshType = (typeof REFRESH_TYPES)[number]
/** What is published again: nothing (documents are put right silently), what differs, or every record. */
export const REPUBLISH = ['NONE', 'CHANGED', 'ALL'] as const
export type Republish = (typeof REPUBLISH)[number]

/** What somebody asks for (merchandising facts, "How the published tables are filled"). */
export interface RefreshOrder {
  readonly service: string
  readonly action: RefreshAction
  /** For REFRESH alone. */
  readonly refreshType: RefreshType | null
  /** Default: ALL for TRUNCATE_AND_LOAD, else CHANGED. */
  readonly republish: Republish | null
  /** Only these keys, parts joined by commas; null: all. For REFRESH alone. */
  readonly keys: readonly string[] | null
}

/**
 * LOAD: the first load. RECORDS: every key of the source. VANISHED: records whose key is gone. KEYS: those asked for.
 */
export type RefreshPhase = 'LOAD' | 'RECORDS' | 'VANISHED' | 'KEYS'
export type RefreshStatus = 'PENDING' | 'RUNNING' | 'DONE' | 'FAILED'

/** An order as it is kept, with how far it is. */
export interface RefreshRequest extends Omit<RefreshOrder, 'republish'> {
  readonly requestId: number
  readonly republish: Republish
  readonly status: RefreshStatus
  readonly phase: RefreshPhase | null
  /** Where the phase's last step ended. */
  readonly position: string | null
  readonly seen: number
  readonly changed: number
  readonly total: number | null
  readonly error: string | null
  readonly requestedAt: Instant
  readonly startedAt: Instant | null
  readonly finishedAt: Instant | null
}

/** What the order republishes when it does not say. */
export function republishOf({ refreshType, republish }: RefreshOrder): Republish {
  return republish ?? (refreshType === 'TRUNCATE_AND_LOAD' ? 'ALL' : 'CHANGED')
}

/** Why an order cannot be carried out as things stand; a sentence each. */
export function orderFaults(
  { service: name, action, refreshType, keys }: RefreshOrder,
  service: Service | undefined,
  captured: boolean,
): string[] {
  if (!service) return [`service ${name} is not known`]
  if (service.jsonTable === null) return [`service ${name} has no change table`]
  const refreshes = action === 'REFRESH'
  return [
    ...(refreshes && refreshType === null ? ['refreshType is required for REFRESH'] : []),
    ...(!refreshes && refreshType !== null ? [`refreshType has no meaning for ${action}`] : []),
    ...(!refreshes && keys !== null ? [`keys have no meaning for ${action}`] : []),
    ...(refreshes && !captured ? [`service ${name} is not captured: its records are made elsewhere`] : []),
    ...(refreshes && captured && service.loadedAt === null
      ? [`service ${name} has never been loaded: ENABLE it first`]
      : []),
  ]
}

/** The phases of a request in their order. */
export function phasesOf({ action, keys }: RefreshRequest, loaded: boolean): readonly RefreshPhase[] {
  switch (action) {
    case 'DISABLE':
      return []
    case 'ENABLE':
      return loaded ? ['RECORDS', 'VANISHED'] : ['LOAD']
    case 'REFRESH':
      return keys === null ? ['RECORDS', 'VANISHED'] : ['KEYS']
  }
}
