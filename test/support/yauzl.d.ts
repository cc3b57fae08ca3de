declare module 'yauzl' {
  import type { Readable } from 'node:stream'
  type Entry = { readonly fileName: string }
  type Zip = { eachEntry(): AsyncIterable<Entry>; openReadStreamPromise(entry: Entry): Promise<Readable> }
  export function fromBufferPromise(bytes: Buffer): Promise<Zip>
}
