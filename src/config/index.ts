export { type Loaded, loadSite } from './load.ts'
export { type Problem, formatProblem } from './problem.ts'
export { loadProfile, profileFolder, profileNames } from './profiles.ts'
export type { BreakerSettings, BusSettings, CheckedSite } from './site.ts'
