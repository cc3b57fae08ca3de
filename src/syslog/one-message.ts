import type { Clock } from '../platform/index.ts'
import { failed } from './failure.ts'
import type { LinkFailure, OpenLink } from './link.ts'
import type { Receiver, SinkTransport } from './settings.ts'

/** Sends one message to one receiver on a connection of its own, and finds out whether the receiver has it. */
export async function deliverOne(
  openLink: OpenLink,
  transport: SinkTransport,
  receiver: Receiver,
  message: string,
  clock: Clock,
): Promise<'delivered' | LinkFailure> {
  let why = failed('reply', 'the receiver did not confirm it')
  const link = await openLink(transport, receiver, clock, {
    delivered: () => undefined,
    ended(how) {
      if (how.kind === 'failed') why = how
      if (how.kind === 'ended-idle') why = how.as
    },
  })
  if ('kind' in link) return link
  await link.send(message)
  const settled = await link.settle()
  link.close()
  return settled === 'delivered' ? settled : why
}
