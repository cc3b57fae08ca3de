import syslog from 'syslog-client'
import type { Receiver } from './settings.ts'

/** The package writes "-" where structured data belongs and adds a line feed: here a message is already whole, with its framing. */
class WholeMessages extends syslog.Client {
  override buildFormattedMessage(message: string): Buffer {
    return Buffer.from(message, 'utf8')
  }
}

export const syslogClient = ({ host, port }: Receiver, over: 'udp' | 'tcp'): WholeMessages =>
  new WholeMessages(host, { port, transport: over === 'udp' ? syslog.Transport.Udp : syslog.Transport.Tcp, rfc3164: false })
