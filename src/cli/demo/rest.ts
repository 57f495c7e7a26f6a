const OPERATIONS = '/MerchIntegrations/services/administration/operations'

/** The registration API, as any caller has it. Each call throws an Error with the service's answer when refused. */
export interface Registrations {
  credential(credential: Readonly<Record<string, unknown>>): Promise<void>
  listeners(...items: readonly Readonly<Record<string, unknown>>[]): Promise<void>
}

/** `url` has no slash at its end. */
export function registrations(url: string, key: string): Registrations {
  const put = async (path: string, body: unknown) => {
    const answer = await fetch(`${url}${OPERATIONS}/${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`PUT ${path} was answered ${answer.status}: ${await answer.text()}`)
    await answer.body?.cancel()
  }
  return {
    credential: (credential) => put('webhook/credential/manage', credential),
    listeners: (...items) => put('webhooks/manage', { collectionSize: items.length, items }),
  }
}
