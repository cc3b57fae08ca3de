/** What a wire tells the line on it. After `failed`, `ended` or `lost` it may be opened again. */
export type WireEvents = {
  opened(): void
  /** It could not be opened. */
  failed(why: string): void
  bytes(chunk: Uint8Array): void
  /** The other end has closed it in order: nothing is wrong, and nothing more will come. `lost` does not follow. */
  ended(): void
  /** It was open and is not any more. */
  lost(why: string): void
  /** It works, but not as it should. */
  warning(why: string): void
}

/** Bytes to and from devices: a serial port, a TCP or TLS connection, or one that is simulated. */
export interface Wire {
  /** Begins to open: one of `opened` and `failed` follows. */
  open(): void
  /** One call for one or more whole frames; nothing that was written while it was not open is sent later. */
  write(bytes: Uint8Array): void
  /** Gives an open connection up: `lost` follows. */
  drop(why: string): void
  close(): Promise<void>
}

export type OpenWire = (events: WireEvents) => Wire
