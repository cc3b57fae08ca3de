import type { operationEvents } from './catalogue-operation.ts'
import { type Guide, g } from './guidance.ts'

const nothing = 'Nothing, unless nobody expected it.'
const asItIs = 'Look at the reason; if the operation was meant, unlock the breaker first.'

export const operationGuide = {
  'frame-malformed': g('A client sent bytes that are no Modbus.', 'A broken client, or somebody who looks for faults.', 'T0814'),
  'function-unsupported': g(
    'A client asked for a function that breakers do not have.',
    'A client that is set up wrongly, or a scan.',
    'T0846',
  ),
  'unit-unknown': g('A client asked for a unit that is not configured.', 'A client that is set up wrongly, or a scan.', 'T0846'),
  'broadcast-refused': g('A client wrote to all units at once; that never passes.', 'Find out why it does.', 'T0855'),
  'response-invalid': g(
    'A reply did not fit its question and was discarded.',
    'Once: noise. Often: a second device with this address, or a bad line.',
    'T0856',
  ),
  'events-collapsed': g('The same happened again and again within 10 s; this is how often.', 'Look at the event that it names.', 'T0814'),
  'operation-denied': g('An operation was asked for and refused.', asItIs, 'T0855'),
  'operation-allowed': g('An operation passed and is on its way to the breaker. Its outcome has the same correlation.', nothing, 'T0831'),
  'operation-done': g('The breaker reported that it did it.', nothing),
  'operation-refused-by-device': g('The breaker itself refused.', 'Look at the reason at the breaker.'),
  'operation-failed': g('It was allowed and never sent.', nothing),
  'operation-outcome-unknown': g(
    'It was sent, and nobody knows whether the breaker did it.',
    'Look at the breaker before anything else is done.',
  ),
  'setting-changed': g('A setting of a breaker has another value now.', 'Compare with the protection study.', 'T0836'),
  unlocked: g(
    'Somebody at the switchboard lets remote control or settings pass, for a time.',
    'Outside working hours: call them.',
    'T0831',
  ),
  locked: g('A lock was shut.', nothing),
  'relocked-by-timer': g('The time of an unlock is over.', nothing),
  'breaker-tripped': g('The protection has opened the breaker.', 'The operator knows; look at what was connected.', 'T0831'),
  'breaker-opened': g(
    'The breaker is open now. `unexpected`: no operation here asked for it.',
    'Unexpected: by hand at the switchboard, or by a way around the gateway. Ask.',
    'T0831',
  ),
  'breaker-closed': g(
    'The breaker is closed now. `unexpected`: no operation here asked for it.',
    'Unexpected: by hand at the switchboard, or by a way around the gateway. Ask at once.',
    'T0831',
  ),
  'breaker-reset': g(
    'A tripped breaker was reset. `unexpected`: no operation here asked for it.',
    'Unexpected: ask who reset it.',
    'T0831',
  ),
} as const satisfies Record<keyof typeof operationEvents, Guide>
