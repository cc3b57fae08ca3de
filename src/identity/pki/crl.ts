import type { KeyObject } from 'node:crypto'
import {
  type Element,
  type Extension,
  TAG,
  bodyOf,
  extensionsOf,
  insideOf,
  integerOf,
  isNegative,
  oidOf,
  onlyElement,
  readDer,
  timeOf,
} from './der-reader.ts'
import { isKnownAlgorithm, isSignedBy } from './signature.ts'

/** A complete revocation list (RFC 5280, 5) that says nothing the gateway does not understand. */
export type ReadList = {
  readonly kind: 'list'
  /** DER of its issuer's name. */
  readonly issuer: Buffer
  /** Serial numbers, as their bytes in hexadecimal. */
  readonly serials: ReadonlySet<string>
  readonly number: bigint | 'none'
  readonly thisMs: number
  readonly nextMs: number
  readonly isSignedBy: (key: KeyObject) => boolean
}
export type RefusedList = { readonly kind: 'refused'; readonly why: string }
const refused = (why: string): RefusedList => ({ kind: 'refused', why })

const REASON = '2.5.29.21'
const REMOVE_FROM_LIST = 8
const NUMBER_OCTETS = 20
/** Extensions of a list that are understood, though not all are used: the number, and what helps others to find keys and other lists. */
const knownOfList = new Set(['2.5.29.18', '2.5.29.20', '2.5.29.35', '2.5.29.46', '1.3.6.1.5.5.7.1.1'])
const knownOfEntry = new Set([REASON, '2.5.29.24', '2.5.29.23'])
/** Extensions that change what a list means: it would be wrong to take it for a complete one, whether or not they are critical. */
const changing: Readonly<Record<string, string>> = {
  '2.5.29.27': 'it is a delta list, which holds changes only',
  '2.5.29.28': 'it is a partial or indirect list (issuing distribution point), which does not cover every certificate of its authority',
  '2.5.29.29': 'it is an indirect list: an entry is of another authority',
}

/** Reads one list, DER. Nothing is verified yet but its form. */
export function readList(der: Buffer): ReadList | RefusedList {
  return readDer(() => {
    const [tbs, outer, signature, ...more] = insideOf(onlyElement(der), TAG.sequence)
    if (tbs === undefined || more.length > 0) return refused('it is not built as X.509 says')
    const fields = insideOf(tbs, TAG.sequence)
    const version = fields[0]?.tag === TAG.integer ? integerOf(fields.shift()) : 'v1'
    const [inner, issuer, thisUpdate] = fields.splice(0, 3)
    const next = fields[0]?.tag === TAG.utcTime || fields[0]?.tag === TAG.generalizedTime ? fields.shift() : undefined
    const entries = fields[0]?.tag === TAG.sequence ? insideOf(fields.shift(), TAG.sequence) : []
    const wrapped = fields[0]?.tag === 0xa0 ? insideOf(fields.shift(), 0xa0) : undefined
    if (fields.length > 0 || issuer === undefined) return refused('it is not built as X.509 says')
    if (version !== 'v1' && version !== '01') return refused('its version is not known')
    if (outer?.whole.equals(inner?.whole ?? Buffer.of()) !== true) return refused('it names two signature algorithms')
    if (!isKnownAlgorithm(outer)) return refused('its signature algorithm is not taken (too old, or not known)')
    if (next === undefined) return refused('it does not say when the next one comes')
    if (wrapped !== undefined && (version === 'v1' || wrapped.length !== 1)) return refused('a list of version 1 has no extensions')
    const extensions = wrapped === undefined ? [] : extensionsOf(wrapped[0])
    const fault = faultOf(extensions, knownOfList)
    if (fault !== 'none') return refused(fault)
    const number = numberOf(extensions)
    if (number === 'wrong') return refused('its number is negative or has more than 20 octets')
    const serials = serialsOf(entries, version)
    if (!('has' in serials)) return serials
    const [thisMs, nextMs] = [timeOf(thisUpdate), timeOf(next)]
    if (nextMs < thisMs) return refused('its next update comes before it')
    const bits = bodyOf(signature, TAG.bits)
    if (bits[0] !== 0) return refused('its signature is not whole bytes')
    const verified = (key: KeyObject): boolean => isSignedBy(key, outer, tbs.whole, bits.subarray(1))
    return { kind: 'list', issuer: issuer.whole, serials, number, thisMs, nextMs, isSignedBy: verified }
  })
}

function faultOf(extensions: readonly Extension[], known: ReadonlySet<string>): string {
  for (const { id, critical } of extensions) {
    const change = changing[id]
    if (change !== undefined) return change
    if (critical && !known.has(id)) return `it has a critical extension that is not known (${id})`
  }
  return 'none'
}

function numberOf(extensions: readonly Extension[]): bigint | 'none' | 'wrong' {
  const found = extensions.find(({ id }) => id === '2.5.29.20')
  if (found === undefined) return 'none'
  const hex = integerOf(onlyElement(found.value))
  return isNegative(hex) || hex.length > NUMBER_OCTETS * 2 ? 'wrong' : BigInt(`0x${hex}`)
}

function serialsOf(entries: readonly Element[], version: string): ReadonlySet<string> | RefusedList {
  const serials = new Set<string>()
  for (const entry of entries) {
    const [serial, at, extra, ...more] = insideOf(entry, TAG.sequence)
    timeOf(at)
    if (more.length > 0 || (extra !== undefined && version === 'v1')) return refused('an entry is not built as X.509 says')
    const extensions = extra === undefined ? [] : extensionsOf(extra)
    const fault = faultOf(extensions, knownOfEntry)
    if (fault !== 'none') return refused(fault)
    const reason = extensions.find(({ id }) => id === REASON)
    if (reason !== undefined && bodyOf(onlyElement(reason.value), TAG.enumerated)[0] === REMOVE_FROM_LIST)
      return refused('an entry takes a revocation back (removeFromCRL), which only a delta list may')
    serials.add(integerOf(serial))
  }
  return serials
}

/** The common name in a DER name, for people; its other parts when it has none. */
export function commonNameIn(name: Buffer): string {
  const read = readDer(() =>
    insideOf(onlyElement(name), TAG.sequence)
      .flatMap((part) => insideOf(part, TAG.set))
      .map((pair) => insideOf(pair, TAG.sequence))
      .map(([id, value]) => ({ id: oidOf(id), text: value?.body.toString('utf8') ?? '' })),
  )
  if ('kind' in read) return 'an unknown authority'
  return (read.find(({ id }) => id === '2.5.4.3') ?? read[0])?.text ?? 'an authority without a name'
}
