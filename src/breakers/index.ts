export { type Operation, type OperationClass, operationClasses } from './operation.ts'
export type { Command, Profile, StatusMap, WritableRange } from './profile.ts'
export { classify } from './classify.ts'
export { type BreakerState, type Observed, observe } from './state.ts'
