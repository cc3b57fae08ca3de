import type { Operation } from '../../breakers/index.ts'
import { type Reply, type Request, encodeException, encodeReply, exceptionCode, functionCodeOf, registerOf } from '../../modbus/index.ts'
import { decide, noGuardInputs, noRestrictions, subjectName } from '../../policy/index.ts'
import type { Answer, IncomingRequest } from '../../upstream/index.ts'
import { refuse } from './answer.ts'
import { type OwnView, ownRegisters } from './own-register-map.ts'
import type { RequestPorts } from '../request-ports.ts'
import { startOperation } from './operation-context.ts'

/** Answers a request to the gateway's own unit: reads of its map and its identification, and nothing else. */
export function serveOwnUnit(asked: IncomingRequest, ports: RequestPorts): Answer {
  const { subject, request } = asked
  const operation = classifyOwn(request)
  const context = startOperation(asked, { name: 'gateway', bus: 'none', unit: asked.unit }, operation, ports)
  const verdict = decide({
    subject,
    operation,
    breaker: '',
    rights: ports.rights(),
    locks: 'none',
    restrictions: noRestrictions,
    guardInputs: noGuardInputs,
    recheck: false,
    trusted: true,
    now: ports.clock.now(),
  })
  if (verdict.kind === 'deny') return refuse(context, verdict, ports)
  const reply = read(request, ports.own.view(subjectName(subject)))
  return {
    pdu:
      reply === 'no-such-register'
        ? encodeException(functionCodeOf(request), exceptionCode.illegalDataAddress)
        : encodeReply(request, reply),
  }
}

function classifyOwn(request: Request): Operation {
  const readsOwn =
    request.kind === 'read-holding-registers' || request.kind === 'read-input-registers' || request.kind === 'read-device-identification'
  return {
    class: readsOwn ? 'monitor' : 'unknown',
    words: readsOwn ? 'read the gateway itself' : 'operate the gateway itself',
    request,
    command: 'none',
  }
}

function read(request: Request, view: OwnView): Reply | 'no-such-register' {
  switch (request.kind) {
    case 'read-holding-registers':
    case 'read-input-registers': {
      const map = ownRegisters(view)
      const registers = new Uint8Array(2 * request.quantity)
      for (let i = 0; i < request.quantity; i++) {
        const value = map.get(registerOf(request.address) + i)
        if (value === undefined) return 'no-such-register'
        registers[2 * i] = value >> 8
        registers[2 * i + 1] = value & 0xff
      }
      return { kind: 'registers', registers }
    }
    case 'read-device-identification':
      return identify(request.code, request.objectId, view.version)
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'read-exception-status':
    case 'read-fifo-queue':
    case 'read-file-record':
    case 'read-scattered-registers':
    case 'read-date-time':
    case 'report-server-id':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'diagnostics':
    case 'write-single-coil':
    case 'write-single-register':
    case 'write-multiple-coils':
    case 'write-multiple-registers':
    case 'mask-write-register':
    case 'read-write-multiple-registers':
    case 'write-file-record':
    case 'write-date-time':
      throw new Error(`${request.kind} of the own unit was allowed`)
  }
}

/** Basic identification (V1.1b3, 6.21): vendor, product code, revision. An unknown object starts the stream again at 0. */
function identify(code: 1 | 2 | 3 | 4, objectId: number, version: string): Reply | 'no-such-register' {
  const all = ['Breakwall', 'breakwall-gateway', version].map((said, id) => ({ id, value: Uint8Array.from(Buffer.from(said, 'ascii')) }))
  const one = all.filter(({ id }) => id === objectId)
  if (code === 4 && one.length === 0) return 'no-such-register'
  const objects = code === 4 ? one : all.slice(objectId < all.length ? objectId : 0)
  return { kind: 'device-identification', conformity: 0x81, moreFollows: false, nextObjectId: 0, objects }
}
