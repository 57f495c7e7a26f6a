import type { Api } from '../room.ts'

/**
 * Answers 405 to every other method on a path. Needed below /MerchIntegrations/services, where the publish API takes
 * whatever no other path has taken. Add it after the path's own routes.
 */
export function onlyMethods(api: Api, path: string, methods: readonly string[]): void {
  const allow = methods.join(', ')
  api.all(path, (c) =>
    c.json({ status: 'ERROR', message: `The method must be one of ${allow}` }, 405, { allow }),
  )
}
