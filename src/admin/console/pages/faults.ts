// Why every operation is denied, for the person at the switchboard: what has happened, what holds meanwhile, whom to call.
import type { FaultView } from '../../contract/index.ts'
import { element } from './dom.ts'
import { t } from './texts.ts'

/** One line of alarm. */
export const alarm = (title: string, text: string): HTMLElement => element('p', { className: 'alarm' }, element('b', {}, title), ` ${text}`)

export const faultAlarms = (faults: readonly FaultView[]): HTMLElement[] =>
  faults.map((fault) => {
    const holds =
      fault.part === 'journal' ? ` ${t('What is locked or tagged now holds, but is recorded only when the disk takes it again.')}` : ''
    return alarm(t('EVERY OPERATION IS DENIED'), `${describeFault(fault)}${holds} ${t('Call the person who looks after the gateway.')}`)
  })

function describeFault({ part, cause }: FaultView): string {
  switch (part) {
    case 'journal':
      return describeCause(cause)
    case 'chain':
      return t('The record was changed or cannot be read.')
    case 'states':
      return t('The stored tags and locks are not what the gateway wrote. Compare the tags here with those at the switchboard.')
    case 'key store':
      return t('The key that signs the record cannot be used.')
    case 'clock':
      return t('The clock of the gateway is wrong.')
    case 'policy':
      return t('The rules of the gateway fail their own test.')
  }
}

function describeCause(cause: FaultView['cause']): string {
  switch (cause) {
    case 'full':
      return t('The disk of the gateway is full.')
    case 'busy':
      return t('Another program holds the record of the gateway.')
    case 'silent':
    case 'fails':
    case 'other':
      return t('The disk of the gateway fails.')
  }
}
