import type { FilterValue } from './filter.ts'
import { toIsoMillis } from './instant.ts'
import { formatOffsetkey } from './offsetkey.ts'
import { parseProjection, projectionText } from './projection.ts'
import type { PageRequest, Position, Window } from './window.ts'

/** Where all services of the merchandising family live, below the public URL. */
export const SERVICES_PATH = '/MerchIntegrations/services'

/** A page of the publish API: a page of a window whose records match the filters. */
export interface PublishRequest extends PageRequest {
  readonly filters?: readonly FilterValue[]
}

export interface Link {
  readonly href: string
  readonly rel: 'self' | 'next'
}

/** The URL that pulls exactly this window. `publicUrl` has no slash at its end. */
export function windowHref(publicUrl: string, service: string, { since, before }: Window): string {
  const window = [
    ['since', toIsoMillis(since.at)],
    ['before', toIsoMillis(before.at)],
  ] as const
  return `${publicUrl}${SERVICES_PATH}/${servicePath(service)}?${query(window)}`
}

/**
 * `self`, and `next` when there are more. They carry limit, since, before and offsetkey explicitly, so that a paging
 * run stays in one window whatever its first request left out.
 */
export function pageLinks(
  publicUrl: string,
  request: PublishRequest,
  next: Position | null,
): readonly Link[] {
  const links: Link[] = [{ href: pageHref(publicUrl, request), rel: 'self' }]
  if (next) links.push({ href: pageHref(publicUrl, { ...request, after: next }), rel: 'next' })
  return links
}

function pageHref(publicUrl: string, request: PublishRequest): string {
  const { service, window, after, limit, filters = [] } = request
  const scope = { service, since: window.since.at, before: window.before.at, filters }
  const parameters = [['limit', String(limit)]]
  if (after) parameters.push(['offsetkey', formatOffsetkey(after, scope)])
  parameters.push(...filters.map(({ filter, value }) => [filter.name, value]))
  const shape = canonical(request.projection)
  return `${windowHref(publicUrl, service, window)}&${query(parameters)}${shape === null ? '' : `&${shape}`}`
}

function canonical(projection: string | null): string | null {
  const parsed = projection === null ? undefined : parseProjection(projection)
  return parsed?.kind === 'ok' && parsed.projection ? projectionText(parsed.projection) : null
}

function servicePath(service: string): string {
  return service.split('/').map(encodeURIComponent).join('/')
}

function query(parameters: Iterable<readonly string[]>): string {
  return [...parameters].map((pair) => pair.map(readable).join('=')).join('&')
}

// Colons and commas may stand in a query as they are, and a link is read by people too.
function readable(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%3A', ':').replaceAll('%2C', ',')
}
