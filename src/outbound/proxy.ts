import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { unescape } from 'node:querystring'
import { getCACertificates } from 'node:tls'

/** A forward proxy, from a URL such as `http://user:password@proxy.example.com:3128`. */
export interface Proxy {
  /** Opens a way to `host:port` within that time. Rejects with a ProxyTrouble. */
  tunnel(place: string, timeoutMilliseconds: number): Promise<Socket>
}

/** The proxy could not be reached, or would not lead on. Holds neither its address nor its password. */
export class ProxyTrouble extends Error {
  constructor(what: string) {
    super(`The proxy ${what}`)
    this.name = 'ProxyTrouble'
  }
}

/** Every connection is asked for by CONNECT, plain http too: the proxy sees host and port and no content. */
export function createProxy(url: string, extraCa: readonly string[] = []): Proxy {
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'https:'
  const credentials = `${unescape(username)}:${unescape(password)}`
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
  const host = hostname.replace(/^\[|\]$/g, '')
  const options = {
    method: 'CONNECT',
    host,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    agent: false,
    ...(secure && {
      minVersion: 'TLSv1.2' as const,
      rejectUnauthorized: true,
      servername: isIP(host) === 0 ? host : '', // else it would be taken from the Host header: the target's
      ca: [...getCACertificates('default'), ...extraCa],
    }),
  }
  return {
    tunnel: (place, timeoutMilliseconds) => {
      const headers = { host: place, ...(username !== '' && { 'proxy-authorization': authorization }) }
      const request = (secure ? httpsRequest : httpRequest)({ ...options, path: place, headers })
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => request.destroy(new ProxyTrouble('did not answer in time')),
          timeoutMilliseconds,
        )
        request.once('connect', (response: IncomingMessage, socket: Socket, head: Buffer) => {
          clearTimeout(timer)
          const { statusCode = 0 } = response
          if (statusCode >= 200 && statusCode < 300) {
            if (head.length > 0) socket.unshift(head)
            resolve(socket)
          } else {
            socket.destroy()
            reject(new ProxyTrouble(`would not connect to ${place} (status ${statusCode})`))
          }
        })
        request.on('error', (error: NodeJS.ErrnoException) => {
          clearTimeout(timer)
          const trouble = new ProxyTrouble(`could not be reached (${error.code ?? 'no answer'})`)
          reject(error instanceof ProxyTrouble ? error : trouble)
        })
        request.end()
      })
    },
  }
}
