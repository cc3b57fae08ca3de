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
  'events-collapsed': g(
    'The same happened again and again; this is how often in the last `seconds`: after 10 s, then once a minute for as long as it goes on.',
    'Look at the event that it names.',
    'T0814',
  ),
  'operation-denied': g('An operation was asked for and refused.', asItIs, 'T0855'),
  'operation-allowed': g('An operation passed and is on its way to the breaker. Its outcome has the same correlation.', nothing, 'T0831'),
  'operation-done': g('The breaker reported that it did it.', nothing),
  'operation-refused-by-device': g('The breaker itself refused.', 'Look at the reason at the breaker.'),
  'operation-failed': g(
    'It was allowed and never sent: not one byte reached the breaker, and it has not moved. The reason says what stopped it.',
    'Ask whether it is still wanted. A breaker that has not answered gets one command in 5 s: look at its supply and interface, or operate it at the switchboard.',
  ),
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
  'change-overtaken': g(
    'Something that takes a bar away was on its way to the disk when somebody barred: the bar holds, as if it had never been asked for.',
    'Nothing. The person who asked for it was told; the event after this one says what barred.',
  ),
  'record-overdue': g(
    'Somebody asked for it and was refused, because the disk did not answer in time. Its event was written later all the same.',
    'Look at the disk of the gateway: `breakwall status`. The person who asked for it has to ask again.',
  ),
  'operation-would-deny': g(
    'The breaker is only observed: it passed, and would not where the policy is enforced.',
    'Look at `breakwall learn report` before the breaker is enforced.',
  ),
  'checklist-signed': g('Somebody has done by hand what no gateway can, and has signed for it.', 'Nothing.'),
  'tag-hung': g('Somebody works at this breaker: nothing operates it from afar.', 'Nothing.'),
  'tag-removed': g('Whoever hung the tag has taken it off.', 'Nothing.'),
  'tag-removed-by-other': g('Two people have taken off the tag of a third who may still be at work.', 'Call the owner of the tag now.'),
  'master-lock-on': g('Nothing intrusive passes anywhere at the site.', 'Ask why, if nobody told you.'),
  'master-lock-off': g('The locks of the breakers count again.', 'Nothing, unless nobody expected it.'),
  'key-switch-on': g(
    'A switch at the switchboard bars remote control, or nothing is heard of it, which bars as well.',
    'Nothing, unless its wire is broken: tell the OT engineer.',
  ),
  'key-switch-off': g(
    'A switch at the switchboard bars nothing any more; locks and tags count as before.',
    'Nothing, unless nobody was there.',
  ),
  'tag-removal-asked': g('Somebody wants the tag of another one off; a second person has to agree.', 'See to it that the owner is asked.'),
  'tag-offered': g('A tag is to be passed on at a change of shift; it hangs on.', 'Nothing.'),
  'tag-passed': g('The tag has another owner now; it has hung all the time.', 'Nothing.'),
  'grant-requested': g('Somebody asks for leave for one client to do one thing.', 'A second person answers it: `breakwall grant list`.'),
  'grant-approved': g('One client may do one thing for a time, while the lock is open.', 'Nothing, unless nobody expected it.', 'T0836'),
  'grant-refused': g('The leave was not given.', 'Nothing.'),
  'grant-used': g('An operation is done under a grant; its correlation has the rest.', 'Nothing.'),
  'grant-expired': g('The time of a grant, or of its request, is over.', 'Nothing.'),
  'grant-revoked': g('The leave was taken back.', 'Nothing.'),
  'emergency-open': g('Somebody opens a breaker whatever is locked or tagged.', 'Call the site now.', 'T0855'),
  'emergency-open-asked': g('The first of two steps of an emergency opening.', 'Watch for emergency-open.'),
  'lock-out-started': g('One job holds several breakers until all tags of its people are off.', 'Nothing.'),
  'lock-out-ended': g('All tags of the job were off, and its leader has ended it.', 'Nothing.'),
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
