import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import type { Row } from './schema.ts'

export type BundleSource = {
  readonly gateway: string
  readonly from: number
  readonly to: number
  readonly madeUtc: string
  readonly publicPem: string
  /** Records in their order, in portions. */
  readonly rows: () => Iterable<readonly Row[]>
  readonly sign: (text: string) => Promise<string>
}

/** One record as it stands in the journal: its canonical text and its hash. */
export const rowLine = ({ body, hash }: Row): string => `{"hash":"${Buffer.from(hash).toString('hex')}","body":${body}}\n`

/**
 * A ZIP that proves itself: the events with their hashes, the checkpoints among them, the public key, a signed list of what is in it, and
 * how to check all that without this program.
 */
export function exportBundle(source: BundleSource): Readable {
  const zip = new ZipFile()
  const packed = zip.outputStream
  if (!(packed instanceof Readable)) throw new Error('a ZIP comes as a stream that can be destroyed')
  // What cannot be read ends the bundle: one that is not whole has no directory, and no program takes it for whole.
  zip.on('error', (error: Error) => packed.destroy(error))
  zip.addBuffer(Buffer.from(instructions(source)), 'VERIFY.md')
  zip.addBuffer(Buffer.from(source.publicPem), 'journal.pub')
  const [events, checkpoints] = [createHash('sha256'), createHash('sha256')]
  let found = ''

  function* lines(): Generator<Buffer> {
    for (const rows of source.rows()) {
      let text = ''
      for (const row of rows) {
        const line = rowLine(row)
        text += line
        if (row.body.includes('"id":"checkpoint"')) found += line
      }
      events.update(text)
      yield Buffer.from(text)
    }
  }
  const rest = (): Buffer => {
    checkpoints.update(found)
    return Buffer.from(found)
  }
  const manifest = (): Buffer => {
    text = manifestText(source, events.digest('hex'), checkpoints.digest('hex'))
    return Buffer.from(text)
  }
  let text = ''
  async function* signature(): AsyncGenerator<Buffer> {
    yield Buffer.from(await source.sign(text), 'base64')
  }
  // yazl takes one after the other, so each can build on those before it.
  const add = (name: string, content: () => Iterable<Buffer> | AsyncIterable<Buffer> | Buffer): void =>
    zip.addReadStreamLazy(name, (done) => {
      const made = content()
      done(null, Readable.from(made instanceof Buffer ? [made] : made))
    })
  add('events.jsonl', lines)
  add('checkpoints.jsonl', rest)
  add('MANIFEST', manifest)
  add('MANIFEST.sig', signature)
  zip.end()
  return packed
}

const manifestText = ({ gateway, from, to, madeUtc }: BundleSource, events: string, checkpoints: string): string =>
  [
    'breakwall export',
    `gateway ${gateway}`,
    `events ${from} to ${to}`,
    `made ${madeUtc}`,
    `${events}  events.jsonl`,
    `${checkpoints}  checkpoints.jsonl`,
    '',
  ].join('\n')

const instructions = ({ gateway, from, to }: BundleSource): string => `# How to check this export

Events ${from} to ${to} of the gateway ${gateway}. \`journal.pub\` came with it: compare it with the one that the site has handed over
earlier, or its fingerprint with that in checkpoints that the SOC has. Without that comparison everything here could have been made anew.

1. The list is signed (Ed25519):
   \`openssl pkeyutl -verify -pubin -inkey journal.pub -rawin -in MANIFEST -sigfile MANIFEST.sig\`
2. The files are those of the list: \`grep '  ' MANIFEST | sha256sum --check\`
3. The chain holds: each line of \`events.jsonl\` has a hash, SHA-256 over the hash of the line before (32 bytes) and its body (the bytes
   between \`"body":\` and the last brace). \`breakwall verify --events events.jsonl --key journal.pub\` does that, and checks the signature of
   each checkpoint; so does a short script.
4. \`--anchors FILE\` compares with checkpoints out of the SOC's own system.

In each body \`seq\` is the gapless number, \`utcUs\` the time in microseconds since 1970 UTC.
`
