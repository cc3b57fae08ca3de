import { EventEmitter } from 'node:events'

/** A client's connection without a network: the gateway's session sees a socket, the client's side hears what is written. */
export class SimSocket extends EventEmitter {
  destroyed = false
  writableLength = 0
  /** What the session writes, one call each. */
  heard: (bytes: Buffer) => void = () => undefined
  readonly #arrives: (run: () => void) => void
  #paused = false
  #waiting: Buffer[] = []

  /** `arrives` lets what the client sends in: at once, or once the process goes on. */
  constructor(arrives: (run: () => void) => void = (run) => run()) {
    super()
    this.#arrives = arrives
  }

  write(bytes: Uint8Array): boolean {
    if (!this.destroyed) this.heard(Buffer.from(bytes))
    return true
  }

  pause(): this {
    this.#paused = true
    return this
  }

  resume(): this {
    this.#paused = false
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#isDeaf() ? undefined : this.#waiting.shift())
      this.emit('data', next)
    return this
  }

  /** A method, since what hears the data may pause or end it. */
  #isDeaf(): boolean {
    return this.#paused || this.destroyed
  }

  end(): this {
    return this.destroy()
  }

  destroy(): this {
    if (this.destroyed) return this
    this.destroyed = true
    queueMicrotask(() => this.emit('close'))
    return this
  }

  /** The client sends. */
  arrive(bytes: Buffer): void {
    if (this.destroyed) return
    this.#arrives(() => {
      this.#waiting.push(bytes)
      if (!this.#paused) this.resume()
    })
  }
}
