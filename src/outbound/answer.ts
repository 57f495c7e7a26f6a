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
  const wanted = KEPT + LONGEST_DISGUISE * Math.max(0, ...secrets.map((secret) => Buffer.byteLength(secret)))
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
  const found = head.length === 0 ? [] : secrets.flatMap(disguisesOf).filter((text) => blot(head, text))
  // stream: a character cut in two at the end is left out. NUL has no place in a PostgreSQL text.
  const text = new TextDecoder().decode(head.subarray(0, KEPT), { stream: true }).replaceAll('\0', '\uFFFD')
  // Asterisks in the number of the secret's letters would tell how long it is.
  return found.length > 0 ? text.replaceAll(/\*{3,}/g, '***') : text
}

/** How many times as long as the secret one of them may be: `&quot;` for a quotation mark. */
const LONGEST_DISGUISE = 6

/** A secret as receivers write it into their answers: as it is, or escaped for JSON, URLs, forms, HTML, or in base64. */
function disguisesOf(secret: string): readonly Buffer[] {
  const inHtml = secret.replace(/[&<>"']/g, (sign) => HTML[sign] ?? sign)
  const texts = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams([['', secret]]).toString().slice(1),
    inHtml,
    Buffer.from(secret).toString('base64'),
  ]
  return [...new Set(texts)].map((text) => Buffer.from(text))
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Overwrites a secret wherever it stands, so that the place of the cut stays where it was. */
function blot(bytes: Buffer, secret: Buffer): boolean {
  if (secret.length === 0) return false
  let found = false
  for (let at = bytes.indexOf(secret); at >= 0; at = bytes.indexOf(secret, at + secret.length)) {
    bytes.fill('*', at, at + secret.length)
    found = true
  }
  return found
}
