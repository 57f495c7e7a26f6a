export { testDatabase, type TestDatabase } from './database.ts'
export { eventually } from './eventually.ts'
export { receiver, type Answer, type Call, type Receiver } from './receiver.ts'
