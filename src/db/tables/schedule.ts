import type { Generated } from 'kysely'
import type { Instant } from '../../domain/instant.ts'

export interface ScheduleTable {
  listener_name: string
  due_at: Generated<Instant>
  next_poll_at: Generated<Instant>
}
