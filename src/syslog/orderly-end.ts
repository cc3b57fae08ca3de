import type { Clock } from '../platform/index.ts'
import { failed, failureAfterOpening } from './failure.ts'
import { ORDERLY_END_MS } from './limits.ts'
import type { LinkFailure } from './link.ts'
import type { Stream } from './stream.ts'

const early = failed('reply', 'the receiver ended the connection before ours')

/** Our end, then the other's: it has read everything. Any other order, a reset or silence means that nobody knows. */
export function endInOrder({ socket, explain }: Stream, clock: Clock): Promise<'in-order' | LinkFailure> {
  return new Promise((resolve) => {
    if (socket.readableEnded || socket.destroyed) return resolve(explain(early))
    let [ours, theirs] = [false, false]
    let fault: LinkFailure | undefined
    const late = failed('reply', `the receiver did not end the connection within ${ORDERLY_END_MS / 1000} s of ours`)
    const cancel = clock.deadline(ORDERLY_END_MS, () => finish(late))
    const finish = (result: 'in-order' | LinkFailure): void => {
      cancel()
      socket.off('end', onEnd).off('error', onError).off('close', onClose)
      socket.on('error', () => undefined)
      socket.destroy()
      resolve(result === 'in-order' ? result : explain(result))
    }
    const onEnd = (): void => {
      theirs = true
      if (!ours) fault ??= early
    }
    const onError = (error: Error): void => {
      fault = fault === undefined || fault === early ? failureAfterOpening(error) : fault
    }
    const onClose = (): void => finish(fault ?? (theirs ? 'in-order' : failed('reply', 'the connection broke off')))
    socket.on('end', onEnd).on('error', onError).on('close', onClose)
    socket.end(() => void (ours = true))
  })
}
