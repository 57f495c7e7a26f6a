/** What a client may do; each role may do what those before it may. */
export const clientRoles = ['reader', 'integrator', 'operator', 'admin'] as const
export type ClientRole = (typeof clientRoles)[number]

/** Who makes a call or a change, as the front door found out. */
export interface Caller {
  /**
   * One name for one somebody: a client's name; `oidc:` and the subject for a bearer token; `admin` for
   * SINCEWIRE_ADMIN_KEY. What it registers is its own under this name.
   */
  readonly client: string
  readonly role: ClientRole
  /** The services it is limited to; null: all. */
  readonly services: readonly string[] | null
  /** How it showed who it is. */
  readonly via: 'apiKey' | 'basic' | 'bearer' | 'adminKey' | 'commandLine'
  /** The IP address that it called from, past trusted proxies; null: the command line. */
  readonly address: string | null
}

/** Who has the database has everything: the command line is nobody's front door. */
export const commandLine: Caller = {
  client: 'command line',
  role: 'admin',
  services: null,
  via: 'commandLine',
  address: null,
}

/** Whether a role may do what is for another. */
export function mayAct(role: ClientRole, needed: ClientRole): boolean {
  return clientRoles.indexOf(role) >= clientRoles.indexOf(needed)
}

/** Whether a caller may have to do with a service. */
export function mayUse({ services }: Pick<Caller, 'services'>, service: string): boolean {
  return services === null || services.includes(service)
}

/** Whose listeners and credentials a caller sees and changes; null: everybody's. */
export function ownerWithin({ client, role }: Caller): string | null {
  return mayAct(role, 'operator') ? null : client
}

/** Whether what belongs to `owner` is the caller's to see and change. */
export function isOwn(caller: Caller, owner: string | null): boolean {
  const within = ownerWithin(caller)
  return within === null || within === owner
}
