export { runConsole } from './console.ts'
export type { Ended } from './ended.ts'
export { runGateway } from './gateway.ts'
