import type { Gateway } from '../../../gateway/index.ts'
import { isoUs } from '../../../platform/index.ts'

type LastVerification = ReturnType<Gateway['retention']['status']>['verification']

/** When the chain was walked last and what came out, for people; empty before the first time. */
export function describeVerification(last: LastVerification): string {
  switch (last.kind) {
    case 'never':
      return ''
    case 'whole':
      return `${isoUs(last.atUtcUs)} whole, ${last.records} events`
    case 'broken':
      return `${isoUs(last.atUtcUs)} BROKEN at event ${last.seq}: ${last.reason}`
    case 'unreadable':
      return `${isoUs(last.atUtcUs)} could not be read: ${last.reason}`
  }
}
