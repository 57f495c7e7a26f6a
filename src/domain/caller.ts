/** What a client may do; each role may do what those before it may. */
export const clientRoles = ['reader', 'integrator', 'operator', 'admin'] as const
export type ClientRole = (typeof clientRoles)[number]

/** Who makes a call or a change, as the front door found out. */
export interface Caller {
  /** The client's name; for a bearer token its subject; `admin` for SINCEWIRE_ADMIN_KEY. */
  readonly client: string
  readonly role: ClientRole
  /** The services it is limited to; null: all. */
  readonly services: readonly string[] | null
  /** How it showed who it is. */
  readonly via: 'apiKey' | 'basic' | 'bearer' | 'adminKey' | 'commandLine'
  /** The IP address that it called from, past trusted proxies; null: the command line. */
  readonly address: string | null
}
