import type { systemEvents } from './catalogue-system.ts'
import { type Guide, g } from './guidance.ts'

const nothing = 'Nothing, unless nobody expected it.'

export const systemGuide = {
  'gateway-started': g(
    'The service runs. It says how the run before it ended.',
    'Compare the configuration hash with the approved one.',
    'T0881',
  ),
  'gateway-stopped': g('The service was asked to stop.', 'Find out who stopped it: nobody operates a breaker remotely meanwhile.', 'T0881'),
  'gateway-crash-recovered': g(
    'The run before ended without a stop: power, a kill, a fault.',
    'Look at the operations of unknown outcome, each an event of its own, and at the breakers themselves.',
    'T0881',
  ),
  'self-test-failed': g(
    'Journal, stored states, clock, key store or policy is not as it must be. Operations are denied, reading goes on.',
    'Call the OT engineer: `breakwall status` names the part and what to do.',
  ),
  'fail-closed-entered': g(
    'From now on every operation is denied, since one of the parts that judge or record it fails.',
    'Call the OT engineer. Breakers can still be operated at the switchboard.',
    'T0814',
  ),
  'fail-closed-left': g('The part works again.', nothing),
  'watchdog-late': g(
    'The process was stalled for longer than its limit: an overloaded or suspended machine.',
    'Look at the load of the machine at that time; a virtual machine may have been paused.',
    'T0814',
  ),
  'bus-down': g('The port of a bus cannot be used.', 'Look at cable, adapter and interface.', 'T0814'),
  'bus-up': g('The port works again.', nothing),
  'breaker-offline': g(
    'A breaker has left different requests without a reply, one after the other, or its bus is down.',
    'Look at its supply and its interface; its state is not known meanwhile.',
    'T0814',
  ),
  'breaker-online': g('It answers again.', nothing),
  'clock-jump': g(
    'The wall clock moved against the monotonic one by more than 2 s. Locks are not touched by it.',
    'Find out who set it: after a jump, times in the journal do not follow each other; `seq` does.',
    'T0872',
  ),
  'clock-unsynchronised': g('No time service keeps the clock right.', 'Look at NTP: times of events drift from those of other systems.'),
  'capture-started': g('Somebody records what passes on a bus.', 'Ask whether it was agreed.', 'T0842'),
  'foreign-master-suspected': g(
    'Frames are on the line that nobody here has sent.',
    'Find the second master: a laptop, a display, an old gateway. What it sends passes no lock.',
    'T0848',
  ),
  'clock-synchronised': g('A time service keeps it right again.', nothing),
  heartbeat: g('Sent every 15 minutes, so that silence is news.', 'Alert when none came for 20 minutes (rule: sink silent).'),
  'sink-disconnected': g(
    'A receiver does not take events, or takes connections and confirms nothing. The journal keeps them for it.',
    'Look at the receiver and the way to it.',
    'T0804',
  ),
  'sink-recovered': g('A sink that was behind its limit has everything.', nothing),
  'sink-connected': g(
    'This receiver has confirmed events; over UDP they are sent, and nobody can confirm it.',
    'Look whether it is the one that you expect: it may be the second of a pair.',
  ),
  'sink-behind': g(
    'Events wait for longer, or are more, than the limit of this sink.',
    'Look at the receiver. Nothing is lost while the disk of the gateway has room.',
    'T0804',
  ),
  'events-dropped': g(
    'The disk limit forced the removal of events that a sink never got: exactly these.',
    'Export them from elsewhere if you can; find out why the sink was away for so long.',
    'T0872',
  ),
  'events-lost': g(
    'More events came than the disk took, or the disk refused for long: `count` events were not recorded. Permits, locks and alarms have room of their own.',
    'Find out what flooded the gateway: the events before this one name it. The reason counts what was lost, by kind of event.',
    'T0814',
  ),
  'disk-low': g('Soon no event can be written.', 'Make room on the disk of the gateway.'),
  'journal-full': g(
    'No event can be written any more. Operations are denied, reading goes on.',
    'Make room: it recovers by itself. Find out what filled the disk.',
    'T0872',
  ),
  'journal-busy': g(
    'Another program holds the journal, so no event could be written. Operations were denied, reading went on, and every unlock has ended.',
    'Unlock again what is needed. Find the program that holds the file: `fuser -v` or `lsof` on journal.db names it, such as a backup or a database browser. Copy the file with `breakwall export` in its place.',
    'T0872',
  ),
  'journal-silent': g(
    'A write was asked for and did not come back for seconds. Operations were denied, reading went on, and every unlock has ended.',
    'Unlock again what is needed. Look for errors of the disk or its card: `journalctl -k`. Replace a card that does it again.',
    'T0872',
  ),
  'journal-failing': g(
    'The disk or the file of the journal refuses to be written, and not for want of room. Operations are denied, reading goes on.',
    'Look at `reason` and at the log of the kernel: a failing disk, a file system that became read-only, a limit on the size of files, changed rights.',
    'T0872',
  ),
  'states-not-authentic': g(
    'Tags, locks, grants or cursors beside the journal are not what this gateway wrote last: somebody changed the file or put an older copy back; or it is the first start of a version that authenticates them.',
    'Find out who can write the disk. Compare the tags of `breakwall tag list` with those at the switchboard, then `breakwall journal accept-states --reason "…"`, with a log-in that has the right `configuration`.',
    'T0872',
  ),
  'states-accepted': g(
    'Somebody has accepted the tags and locks as they are, after states that did not fit.',
    'Ask whether the tags were compared with those at the switchboard.',
    'T0872',
  ),
  'tag-restored': g(
    'A tag or a lock-out that the events know of was missing from the stored states, or named another breaker. It hangs again.',
    'Ask its owner. Somebody may have tried to take it off behind the gateway.',
    'T0872',
  ),
  'journal-verified': g('The whole chain of the journal was walked and is whole.', nothing),
  'journal-tampered': g(
    'An event is not what was written, or is gone: somebody changed the file, or the disk fails.',
    'Keep the file as evidence and compare with what the SOC has. Operations are denied until it is set aside.',
    'T0872',
  ),
  'journal-truncated': g(
    'Retention removed old events; a signed stub keeps the chain checkable.',
    'Nothing, if the age or size is the agreed one.',
  ),
  checkpoint: g(
    'The head of the chain, signed: kept by the SOC it anchors everything before it.',
    'Keep it: `breakwall verify --anchors FILE` compares with it.',
  ),
  'audit-exported': g('Somebody took a copy of events.', 'Ask whether it was agreed.', 'T0888'),
  'export-incomplete': g(
    'A copy of events was not taken whole: its reader left, stopped reading or was too slow, or the gateway could not go on. Events up to `upTo` may be with the reader.',
    'Compare with `audit-exported` of the same subject. If nobody broke it off: look at the network between.',
    'T0888',
  ),
  'debugger-refused': g(
    "A user of the gateway's machine, root or the service's own, sent SIGUSR1. With it Node programs open a debugger, which reads their memory and changes what they do. This one does not.",
    'Ask who was logged in on the machine. If nobody debugged: somebody has the rights of the service there and looks for more.',
    'T0874',
  ),
  'journal-replaced': g(
    'The journal could not be read at start. It was moved aside and a new chain begun, at numbers that were never used.',
    'Keep the old file; `breakwall journal salvage` reads what can be read. Every lock is shut again.',
    'T0872',
  ),
  'journal-key-made': g(
    'Checkpoints are signed with a key that was not there before.',
    'At the first start: note its fingerprint. Later: find out where the old key went.',
    'T0872',
  ),
  'sink-tested': g('Somebody sent a test event to a sink.', 'Nothing: it should arrive.'),
  'crl-updated': g('A newer revocation list is in use.', nothing),
  'crl-stale': g(
    'The revocation list of an authority is past its time, or there is none in `revocation` although clients come with its certificates.',
    'Publish a new one: `breakwall crl publish`; of a company authority, get its list and add it to `revocation`.',
  ),
  'crl-refused': g(
    'A revocation list that is not complete, not understood, of the future or older than the one in force was not taken.',
    'Ask the authority for a complete list (no delta, no distribution point in it); look at the clock.',
  ),
  'certificate-expiring': g('A certificate ends soon.', 'Renew it: `breakwall cert renew`.'),
  'certificate-expired': g('A certificate has ended; whoever has it cannot connect.', 'Renew it: `breakwall cert renew`.'),
  'device-identity-changed': g(
    'What answers at this address says that it is another product, or has another firmware, than before.',
    'Ask whether it was exchanged or updated. If nobody did: somebody has put a device of their own on the line.',
    'T0848',
  ),
  'device-clear-text-service': g(
    'An Ethernet interface takes connections for a service whose passwords anybody on the network can read.',
    'Switch the service off at the interface: its web page or the configuration tool of its maker.',
    'T0842',
  ),
  'bus-is-another': g(
    'The name of a bus now leads to the interface or serial port of another bus. Its breakers would have two locks: nothing is sent.',
    'Ask whether the DNS entry, the address or the link of the port was changed. If nobody did: somebody redirects the gateway.',
    'T0830',
  ),
  'bus-noisy': g(
    'Bytes arrive on a serial line that answer no request. Requests go out in what silence there is; without any they are answered 0A.',
    'Look at termination, bias and cable, then for a device that sends unasked: unplug one after the other.',
    'T0814',
  ),
} as const satisfies Record<keyof typeof systemEvents, Guide>
