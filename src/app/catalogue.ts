import type { Base } from './base.ts'
import type { Part } from '../parts.ts'
import { loadSampleCatalogue } from '../services/sample/load.ts'

/** Loads the sample catalogue, a matter of seconds, if the setting catalogue.sample asks for it and it is not there. */
export function cataloguePart({ config, engineDb, log }: Base): Part {
  return {
    name: 'catalogue',
    async start() {
      if (!config.catalogue.sample) return
      if (await loadSampleCatalogue(engineDb)) log.info('the sample catalogue is loaded')
    },
    stop: () => Promise.resolve(),
  }
}
