export { attachEmbedded } from './attach.ts'
export { startEmbedded, throwAwaySettings, type Embedded, type EmbeddedOptions } from './start.ts'
export { removeDataFolder } from './folder.ts'
