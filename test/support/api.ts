import { fetchAsAdmin } from './access.ts'

/** The administration API as a client sees it: paths and bodies of document 004. */
const OPERATIONS = '/MerchIntegrations/services/administration/operations'

export interface ApiAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
}

export async function put(baseUrl: string, path: string, body: unknown): Promise<ApiAnswer> {
  const answer = await fetchAsAdmin(`${baseUrl}${OPERATIONS}/${path}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** Creates or changes one listener; throws what the API answered when it refuses. */
export async function manageListener(baseUrl: string, item: Record<string, unknown>): Promise<ApiAnswer> {
  return succeed(await put(baseUrl, 'webhooks/manage', { collectionSize: 1, items: [item] }))
}

export async function manageCredential(
  baseUrl: string,
  credential: Record<string, unknown>,
): Promise<ApiAnswer> {
  return succeed(await put(baseUrl, 'webhook/credential/manage', credential))
}

/** An API key by that name, for listeners whose credential does not matter. */
export async function anyCredential(baseUrl: string, credentialName = 'ANY'): Promise<string> {
  await manageCredential(baseUrl, { credentialName, credentialType: 'APIKEY', apikey: 'any-key' })
  return credentialName
}

export async function get<T = Record<string, unknown>>(url: string): Promise<T> {
  const answer = await fetchAsAdmin(url)
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

/** The listeners of a service as the API shows them. */
export async function webhooks(baseUrl: string, service: string): Promise<Record<string, unknown>[]> {
  const { items } = await get<{ items: Record<string, unknown>[] }>(
    `${baseUrl}${OPERATIONS}/webhooks?service=${encodeURIComponent(service)}`,
  )
  return items
}

function succeed(answer: ApiAnswer): ApiAnswer {
  if (answer.status !== 200) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer
}
