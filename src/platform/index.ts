export { type Cancel, type Clock, type Monotonic, isoUs, realClock, toMonotonic } from './clock.ts'
export { type Random, realRandom } from './random.ts'
export { type Log, stderrLog } from './log.ts'
export { forbidCoreDumps, notifySystemd, peerUserId, setRs485, userName } from './libc.ts'
