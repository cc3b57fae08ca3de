import type { Anchor } from './verify.ts'

const upTo = /\b(?:bwU|u)pTo(?:"?\s*[:=]\s*\\?"?)(\d{1,16})/
const head = /\b(?:bwH|h)ead(?:"?\s*[:=]\s*\\?"?)([0-9a-f]{64})\b/

/**
 * Checkpoints out of whatever the SOC's system gives: lines of syslog with structured data, CEF, JSON, or CSV with such a text in it.
 * A line without a checkpoint is passed over.
 */
export function readAnchors(text: string): readonly Anchor[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const plain = line.replaceAll('""', '"')
    const [seq, hash] = [upTo.exec(plain)?.[1], head.exec(plain)?.[1]]
    return seq === undefined || hash === undefined ? [] : [{ seq: Number(seq), hash }]
  })
}
