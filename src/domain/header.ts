/**
 * Names that a listener's own headers may not have: what frames the message, what belongs to the connection, what we
 * send ourselves, and what receivers take for a proxy's, a browser's or an instance's word.
 */
const RESERVED: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'host', 'expect'],
  ...['accept-encoding', 'user-agent', 'x-correlation-id', 'authorization', 'cookie', 'set-cookie'],
  ...['forwarded', 'via', 'x-real-ip', 'x-http-method', 'x-http-method-override', 'x-method-override'],
  ...['metadata', 'metadata-flavor', 'x-google-metadata-request'],
]) // prettier-ignore
const RESERVED_BEGINNINGS = ['content-', 'proxy-', 'webhook-', 'x-forwarded-', 'x-aws-ec2-metadata-']

/** What is wrong with a name for a header of a listener's own, as the end of a sentence; undefined: nothing. */
export function headerNameFault(name: string): string | undefined {
  const lower = name.toLowerCase()
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(lower)) return 'must be a header name: letters, digits, - _ and .'
  const taken = RESERVED.has(lower) || RESERVED_BEGINNINGS.some((beginning) => lower.startsWith(beginning))
  return taken ? 'is a reserved header' : undefined
}

/** The same for the header that carries a credential's key: authorization is meant for that. */
export function keyHeaderFault(name: string): string | undefined {
  return name.toLowerCase() === 'authorization' ? undefined : headerNameFault(name)
}
