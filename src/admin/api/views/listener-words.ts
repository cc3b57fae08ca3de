import type { Gateway } from '../../../gateway/index.ts'

/** What a listener speaks, for people. */
export function describeListener(kind: Gateway['listeners'][number]['kind']): string {
  switch (kind) {
    case 'tls':
      return 'Modbus/TCP Security'
    case 'clear-text':
      return 'Modbus TCP in the clear, read only'
  }
}
