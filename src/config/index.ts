export { type Loaded, loadSite, profileFolders } from './load.ts'
export { type Problem, formatProblem } from './problem.ts'
export { loadProfile, loadProfileFile, profileFolder, profileNames } from './profiles.ts'
export type { BreakerSettings, BusSettings, CheckedSite } from './site.ts'
