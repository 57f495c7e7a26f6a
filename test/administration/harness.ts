import { fetchAsAdmin, testApp, type TestDatabase } from '../support/index.ts'

export const OPERATIONS = '/MerchIntegrations/services/administration/operations'
export const PRIVATE = '/RmsReSTServices/services/private'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Undefined unless it is JSON. */
  readonly body: ReturnType<typeof JSON.parse>
}

/** The app's API on a free port over a test database; no engine. */
export async function serveAll(database: TestDatabase, settings: Readonly<Record<string, unknown>> = {}) {
  const { url } = await testApp(database.url, settings, { role: 'api' })
  const call = async (
    method: string,
    place: string,
    init: Omit<RequestInit, 'method'> = {},
  ): Promise<Answered> => {
    const response = await fetchAsAdmin(place.startsWith('http') ? place : `${url}${place}`, {
      method,
      ...init,
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
    const body: unknown = isJson ? JSON.parse(text) : undefined
    return { status: response.status, headers: response.headers, text, body }
  }
  const get = (place: string) => call('GET', place)
  const send = (method: string, place: string, body: unknown) =>
    call(method, place, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  return { url, call, get, send }
}
