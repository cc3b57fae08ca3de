import type { Link, LinkNotices } from './link.ts'
import { failureOf } from './failure.ts'
import type { Receiver } from './settings.ts'
import { syslogClient } from './whole-messages.ts'

/** Syslog over UDP (RFC 5426): one datagram each, and no way to know whether it arrived. */
export function openUdp(receiver: Receiver, notices: LinkNotices): Link {
  const client = syslogClient(receiver, 'udp')
  client.on('error', () => undefined) // also arrives at the send that met it
  let [sent, over] = [0, false]
  const end = (error: Error): void => {
    if (!over) notices.ended(failureOf(error))
    over = true
  }
  return {
    send: (message) =>
      new Promise((resolve) =>
        client.log(message, (error) => {
          sent += 1
          if (error != null) end(error)
          else if (!over) notices.delivered(sent)
          resolve()
        }),
      ),
    settle: () => Promise.resolve(over ? 'not-delivered' : 'delivered'),
    close() {
      over = true
      client.close()
    },
  }
}
