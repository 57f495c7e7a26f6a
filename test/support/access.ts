import type { Caller } from '../../src/domain/caller.ts'

/** SINCEWIRE_ADMIN_KEY of services under test, unless a test says otherwise. */
export const ADMIN_KEY = 'the-key-of-the-tests-administrator'

/** fetch, with the administrator's key. */
export function fetchAsAdmin(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('x-api-key', ADMIN_KEY)
  return fetch(url, { ...init, headers })
}

export const adminCaller: Caller = {
  client: 'tests',
  role: 'admin',
  services: null,
  via: 'adminKey',
  address: null,
}

/** For an API whose door is not what is tested: everybody is an administrator. */
export const everybody = (): Promise<Caller> => Promise.resolve(adminCaller)
