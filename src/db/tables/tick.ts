import type { Instant } from '../../domain/instant.ts'

export interface TickTable {
  service: string
  before: Instant
  floor: Instant
  snapshot: string | null
}
