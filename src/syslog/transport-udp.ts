import syslog from 'syslog-client'

/** Sends finished messages one by one. `why` tells what the system said when it did not take one. */
export interface Transport {
  send(message: string): Promise<'sent' | { readonly why: string }>
  close(): void
}

/** The package writes "-" where structured data belongs and adds a line feed: here a message is already whole. */
class WholeMessages extends syslog.Client {
  override buildFormattedMessage(message: string): Buffer {
    return Buffer.from(message, 'utf8')
  }
}

/** Syslog over UDP (RFC 5426): one datagram each, and no way to know whether it arrived. */
export function openUdp(host: string, port: number): Transport {
  const client = new WholeMessages(host, { port, transport: syslog.Transport.Udp, rfc3164: false })
  client.on('error', () => undefined) // also arrives at the send that met it
  return {
    send: (message) => new Promise((resolve) => client.log(message, (error) => resolve(error == null ? 'sent' : { why: error.message }))),
    close: () => void client.close(),
  }
}
