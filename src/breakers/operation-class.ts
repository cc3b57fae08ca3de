/** What a request would do, from harmless to unknown. `unknown` and `file` are never allowed. */
export const operationClasses = [
  'monitor',
  'control',
  'protection-setting',
  'other-setting',
  'clock',
  'password',
  'diagnostic',
  'file',
  'unknown',
] as const
export type OperationClass = (typeof operationClasses)[number]
