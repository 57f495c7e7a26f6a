export { startEmbedded, throwAwaySettings, type Embedded, type EmbeddedOptions } from './start.ts'
export { removeDataFolder } from './folder.ts'
export { readRunInfo, type RunInfo } from './run-info.ts'
