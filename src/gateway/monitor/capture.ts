import { type Operation, redactFor, classify, touchesCommands } from '../../breakers/index.ts'
import type { Tap, Traffic } from '../../bus/index.ts'
import type { BreakerSettings, BusSettings } from '../../config/index.ts'
import { type Request, encodeForDevice, encodeMbap, encodeReply, encodeRequest, encodeRtuPdu, registerOf } from '../../modbus/index.ts'
import { type Cancel, type Clock, background } from '../../platform/index.ts'
import type { Answer, IncomingRequest } from '../../upstream/index.ts'
import { subjectRole } from '../../policy/index.ts'

/** One frame as it went over a wire, but for the passwords in it: those are 0, and the CRC is that of what is shown. */
export type Packet = {
  readonly utcUs: number
  readonly side: 'client' | 'device'
  readonly direction: 'request' | 'reply'
  readonly framing: 'mbap' | 'rtu'
  /** Who is at the other end of the gateway: address and port, or the name of the bus. */
  readonly peer: string
  readonly bytes: Uint8Array
  /** What its bytes do not show; empty when there is nothing. */
  readonly comment: string
}

/** Shows what passes on a bus, on both sides of the gateway, to those who ask for it. Nothing is made while nobody does. */
export interface Capture {
  readonly tap: Tap
  watch(tell: (packet: Packet) => void): Cancel
  served(asked: IncomingRequest, breaker: BreakerSettings, answer: Promise<Answer>): void
}

export function createCapture(bus: BusSettings, breakers: readonly BreakerSettings[], clock: Pick<Clock, 'utcUs'>): Capture {
  const watching = new Set<(packet: Packet) => void>()
  const tap: Tap = { tell: 'nobody' }
  const byAddress = new Map(breakers.filter((breaker) => breaker.bus === bus.name).map((breaker) => [breaker.address, breaker]))
  const peer = bus.kind === 'serial' ? bus.name : `${bus.host}:${bus.port}`
  const framing = bus.kind === 'serial' ? 'rtu' : 'mbap'
  const show = (packet: Omit<Packet, 'utcUs'>): void => {
    const whole = { utcUs: clock.utcUs(), ...packet }
    for (const tell of watching) tell(whole)
  }

  function onWire(traffic: Traffic): void {
    const breaker = byAddress.get(traffic.address)
    if (breaker === undefined) return
    const on = { side: 'device', framing, peer } as const
    const frame = (pdu: Uint8Array, transaction: number): Uint8Array =>
      bus.kind === 'serial' ? encodeRtuPdu(traffic.address, pdu) : encodeMbap({ transaction, unit: traffic.address, pdu })
    switch (traffic.kind) {
      case 'request': {
        const pdu = encodeForDevice(blanked(classify(traffic.request, breaker.profile)))
        return show({ ...on, direction: 'request', bytes: frame(pdu, traffic.transaction), comment: '' })
      }
      case 'reply': {
        const reply = redactFor('owner', traffic.request, traffic.reply, breaker.profile)
        return show({ ...on, direction: 'reply', bytes: frame(encodeReply(traffic.request, reply), traffic.transaction), comment: '' })
      }
      case 'discarded':
        return show({
          ...on,
          direction: 'reply',
          bytes: new Uint8Array(0),
          comment: `discarded: ${traffic.reason}: ${traffic.why}; its bytes are not shown`,
        })
    }
  }

  return {
    tap,
    watch(tell) {
      watching.add(tell)
      tap.tell = onWire
      return () => {
        watching.delete(tell)
        if (watching.size === 0) tap.tell = 'nobody'
      }
    },
    served({ subject, unit, transaction, request }, { profile }, answer) {
      if (tap.tell === 'nobody' || subject.kind === 'gateway') return
      const on = { side: 'client', framing: 'mbap', peer: subject.source } as const
      const operation = classify(request, profile)
      const asked = encodeRequest(blanked(operation))
      show({
        ...on,
        direction: 'request',
        bytes: encodeMbap({ transaction, unit, pdu: asked }),
        comment: `${subject.name} (${subjectRole(subject)})`,
      })
      const shown = answer.then(({ pdu }) => {
        if (pdu !== 'none') show({ ...on, direction: 'reply', bytes: encodeMbap({ transaction, unit, pdu }), comment: '' })
      })
      background(shown)
    },
  }
}

/** A request without what may be a password: that of a command, all values of one that sets one, and all that reaches into the command area. */
function blanked({ class: operationClass, command, request }: Operation): Request {
  const values = (first: number, written: readonly number[]): readonly number[] => {
    if (!touchesCommands(first, written.length)) return written
    if (command === 'none') return written.map(() => 0)
    return operationClass === 'password' ? written.map((value, i) => (i >= 4 && i < 16 ? 0 : value)) : written
  }
  switch (request.kind) {
    case 'write-multiple-registers':
      return { ...request, values: values(registerOf(request.address), request.values) }
    case 'read-write-multiple-registers':
      return { ...request, values: values(registerOf(request.writeAddress), request.values) }
    case 'write-single-register':
      return { ...request, value: values(registerOf(request.address), [request.value])[0] ?? 0 }
    case 'mask-write-register':
      return touchesCommands(registerOf(request.address), 1) ? { ...request, andMask: 0, orMask: 0 } : request
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'read-exception-status':
    case 'read-fifo-queue':
    case 'read-file-record':
    case 'read-scattered-registers':
    case 'read-device-identification':
    case 'read-date-time':
    case 'report-server-id':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'diagnostics':
    case 'write-single-coil':
    case 'write-multiple-coils':
    case 'write-file-record':
    case 'write-date-time':
      return request
  }
}
