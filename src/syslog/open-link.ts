import type { OpenLink } from './link.ts'
import { openRelp } from './transport-relp.ts'
import { openStream } from './transport-stream.ts'
import { openUdp } from './transport-udp.ts'

/** Connects to a receiver. */
export const openLink: OpenLink = (transport, receiver, clock, notices) => {
  switch (transport.kind) {
    case 'udp':
      return Promise.resolve(openUdp(receiver, notices))
    case 'tcp':
    case 'tls':
      return openStream(transport, receiver, clock, notices)
    case 'relp':
      return openRelp(transport.tls, receiver, clock, notices)
  }
}
