import type { Outcome } from '../../bus/index.ts'
import { isoUs } from '../../platform/index.ts'

type Silence = Extract<Outcome, { kind: 'backed-off' }>['silence']

/** Why a request was answered 0B without being sent, for the record. */
export function describeUnsent(silence: Silence): string {
  switch (silence.of) {
    case 'unit':
      return `has not answered since ${isoUs(silence.sinceUtcUs)}`
    case 'request':
      return 'left this request without a reply before, while it answers others'
  }
}
