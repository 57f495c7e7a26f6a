/** A place in the list of webhooks; service and listener name are blank for a credential that no listener uses. */
export interface WebhookPosition {
  readonly credentialName: string
  readonly service: string
  readonly listenerName: string
}

/**
 * The place as an offsetkey: credential name, service and listener name joined by commas (document 004: "combination
 * of credential name and service"). Commas inside a name are percent-encoded, trailing blank parts left out.
 */
export function formatWebhookPosition({ credentialName, service, listenerName }: WebhookPosition): string {
  return [credentialName, service, listenerName]
    .map((part) => part.replace(/[%,]/g, encodeURIComponent))
    .join(',')
    .replace(/,+$/, '')
}

/** From an offsetkey; without a listener name the one that a service's listener has by default. Undefined: none. */
export function parseWebhookPosition(text: string): WebhookPosition | undefined {
  const parts = text.split(',')
  if (parts.length > 3 || parts[0] === '' || /%(?!25|2C)/i.test(text)) return undefined
  const [credentialName = '', service = '', listenerName = service] = parts.map(decodeURIComponent)
  return { credentialName, service, listenerName }
}
