import { randomBytes, randomUUID } from 'node:crypto'

/** Chance as a parameter, so that a simulated gateway replays exactly. */
export interface Random {
  bytes(count: number): Uint8Array
  uuid(): string
}

export const realRandom: Random = { bytes: (count) => randomBytes(count), uuid: () => randomUUID() }
