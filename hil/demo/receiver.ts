import { createSocket } from 'node:dgram'

/** One syslog message, read by a receiver that knows only RFC 5424. */
export type Received = {
  readonly priority: number
  readonly time: string
  readonly host: string
  readonly id: string
  readonly data: Readonly<Record<string, string>>
  readonly text: string
}

export interface Receiver {
  readonly port: number
  close(): Promise<void>
}

/** Listens for syslog datagrams on loopback (RFC 5426). */
export function startReceiver(onMessage: (message: Received | 'not-rfc5424', raw: string) => void): Promise<Receiver> {
  const socket = createSocket('udp4')
  socket.on('message', (datagram) => {
    const raw = datagram.toString('utf8')
    onMessage(parse(raw), raw)
  })
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => {
      resolve({ port: socket.address().port, close: () => new Promise((closed) => socket.close(() => closed())) })
    })
  })
}

/** RFC 5424, section 6, as far as a message has structured data. */
export function parse(raw: string): Received | 'not-rfc5424' {
  const head = /^<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) /.exec(raw)
  if (head === null) return 'not-rfc5424'
  const [whole, priority = '', time = '', host = '', , , id = ''] = head
  const element = /^\[([^\s\]="]+)((?: [^\s\]="]+="(?:[^"\\\]]|\\.)*")*)\]/
  const data: Record<string, string> = {}
  let rest = raw.slice(whole.length)
  for (let found = element.exec(rest); found !== null; found = element.exec(rest)) {
    for (const [, name = '', value = ''] of (found[2] ?? '').matchAll(/ ([^\s\]="]+)="((?:[^"\\\]]|\\.)*)"/g)) {
      data[name] = value.replace(/\\(["\\\]])/g, '$1')
    }
    rest = rest.slice(found[0].length)
  }
  return { priority: Number(priority), time, host, id, data, text: rest.replace(/^ /, '') }
}
