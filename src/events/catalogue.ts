import { accessEvents } from './catalogue-access.ts'
import { operationEvents } from './catalogue-operation.ts'
import { systemEvents } from './catalogue-system.ts'

/** Every security event there is. An event exists only by a line of these tables; a missing field does not compile. */
export const catalogue = { ...systemEvents, ...accessEvents, ...operationEvents } as const
