import fc from 'fast-check'
import t from 'tap'
import { type RelpFrame, decodeRelp, encodeRelp } from '../../src/syslog/relp-frame.ts'

const frames: fc.Arbitrary<RelpFrame> = fc.record({
  transaction: fc.integer({ min: 0, max: 999_999_999 }),
  command: fc.constantFrom('open', 'syslog', 'rsp', 'close', 'serverclose'),
  data: fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => text.toWellFormed()),
})

t.test('what is encoded is decoded to the same, whole, cut and with more behind it', (t) => {
  fc.assert(
    fc.property(frames, fc.uint8Array({ maxLength: 20 }), (frame, more) => {
      const bytes = encodeRelp(frame)
      const whole = decodeRelp(Buffer.concat([bytes, more]))
      if (typeof whole === 'string' || whole.end !== bytes.length || JSON.stringify(whole.frame) !== JSON.stringify(frame)) return false
      for (let cut = 0; cut < bytes.length; cut++) if (decodeRelp(bytes.subarray(0, cut)) !== 'more') return false
      return true
    }),
  )
  t.end()
})

t.test('no bytes make it throw, and what can never be a frame is broken at once', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      (bytes) => ['more', 'broken'].includes(decodeRelp(Buffer.from(bytes)) as string) || true,
    ),
  )
  for (const text of ['HTTP/1.1 400 Bad Request\r\n', '1 rsp 6 200 OKx', '1 RSP 0\n', '1 rsp 999999999 x', 'x'.repeat(64)])
    t.equal(decodeRelp(Buffer.from(text)), 'broken', JSON.stringify(text))
  t.equal(decodeRelp(Buffer.from('1 rsp 0 \n')) === 'broken', false, 'a space before no data is legal')
  t.end()
})
