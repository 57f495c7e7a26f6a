import type { AttemptTable } from './attempt.ts'
import type { CredentialTable } from './credential.ts'
import type { ListenerTable } from './listener.ts'
import type { MerchapiConfigTable } from './merchapi-config.ts'
import type { TickTable } from './tick.ts'

/** Every table of schema sincewire by its qualified name. Change tables are named at run time: see feed.ts. */
export interface Tables {
  'sincewire.attempt': AttemptTable
  'sincewire.credential': CredentialTable
  'sincewire.listener': ListenerTable
  'sincewire.merchapi_config': MerchapiConfigTable
  'sincewire.tick': TickTable
}
