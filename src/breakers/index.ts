export { type ChecklistItem, checklistFor } from './checklist.ts'
export { type Operation, describeOperation } from './operation.ts'
export { type OperationClass, operationClasses } from './operation-class.ts'
export {
  type Command,
  type KnownFunction,
  type Parameter,
  type PasswordLevel,
  type Profile,
  type ReadableRange,
  type StatusMap,
  type WritableRange,
  optionalFunctions,
  parameterTypes,
  passwordLevels,
  type PasswordRule,
  passwordRules,
} from './profile.ts'
export { classify } from './classify.ts'
export { carriesFreeBytes, judgeOnLine } from './free-bytes.ts'
export {
  IN_PROGRESS,
  RESULT_DATA,
  RESULT_FIRST,
  RESULT_STATUS,
  openRequest,
  reachesIntoCommands,
  insertPassword,
  touchesCommands,
} from './command-interface.ts'
export { registersOf } from './parameter.ts'
export { registersRead } from './access.ts'
export { redactFor } from './privacy.ts'
export { type BreakerState, type Observed, observe } from './state.ts'
export { type Act, type Written, actOf, acts, settingOf, valuesOf } from './values.ts'
export { type AlsoWrites, alsoWritten, hasOperation, hasSetting, namedSettings } from './settings.ts'
