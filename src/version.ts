import { readFileSync } from 'node:fs'

/** Of Sincewire, from package.json: one folder up, compiled or not. */
export const version = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version
