export { type Format, type Probed, type Progress, bauds, formats, probeSerial, probeTcp } from './search.ts'
export { probe } from './command.ts'
export { candidates, configuration } from './report.ts'
export type { Found, Product } from './units.ts'
