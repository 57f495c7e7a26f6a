import type { Dispatcher } from 'undici'

/** As much of an answer as is kept, in bytes. */
const KEPT = 2048

/**
 * Reads an answer's body to its end, but at most `maxBytes`: beyond that the connection is dropped and the answer
 * counts as read. Gives the first 2 KiB as text, with every secret blotted out, because receivers do echo headers.
 */
export async function readAnswer(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
  secrets: readonly string[],
): Promise<string> {
  // A secret that straddles the cut must be seen whole to be recognised.
  const wanted = KEPT + Math.max(0, ...secrets.map((secret) => Buffer.byteLength(secret)))
  const head: Buffer[] = []
  let kept = 0
  let read = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    read += chunk.length
    if (kept < wanted) {
      // A copy: a slice would keep the socket's whole buffer alive.
      const part = Buffer.from(chunk.subarray(0, wanted - kept))
      head.push(part)
      kept += part.length
    }
    if (read > maxBytes) break // leaving the loop destroys the body, and so the connection
  }
  return textOf(Buffer.concat(head), secrets)
}

function textOf(head: Buffer, secrets: readonly string[]): string {
  let bytes = head
  for (const secret of secrets) bytes = blot(bytes, secret)
  // stream: a character cut in two at the end is left out. NUL has no place in a PostgreSQL text.
  return new TextDecoder().decode(bytes.subarray(0, KEPT), { stream: true }).replaceAll('\0', '\uFFFD')
}

function blot(bytes: Buffer, secret: string): Buffer {
  if (secret === '' || !bytes.includes(secret)) return bytes
  return Buffer.from(
    bytes.toString('latin1').replaceAll(Buffer.from(secret).toString('latin1'), '***'),
    'latin1',
  )
}
