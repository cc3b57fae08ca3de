import { accessGuide } from './guide-access.ts'
import { operationGuide } from './guide-operation.ts'
import { systemGuide } from './guide-system.ts'

export { type Guide, techniques } from './guidance.ts'

/** What each event means to the person who reads it, and what that person should do. */
export const guide = { ...systemGuide, ...accessGuide, ...operationGuide } as const
