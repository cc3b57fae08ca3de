declare module 'syslog-client' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'
  export class Client extends EventEmitter {
    constructor(target: string, options: { port: number; transport: number; rfc3164: boolean })
    log(message: string, done: (error?: Error) => void): this
    getTransport(done: (error: Error | null | undefined, transport: Socket) => void): this
    close(): this
    buildFormattedMessage(message: string, options: object): Buffer
  }
  export const Transport: { readonly Udp: number; readonly Tcp: number }
}
