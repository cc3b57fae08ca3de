/** What a file of the configuration is wanted for: the own certificate, its key, certificates of others that are trusted, a list. */
export type Wanted = 'certificate' | 'key' | 'trusted' | 'list'

/** What a file holds in place of PEM of the kind that is wanted. */
export type PemFault =
  | { readonly kind: 'empty' }
  | { readonly kind: 'der'; readonly holds: 'certificate' | 'key' | 'unknown' }
  | { readonly kind: 'pkcs12' }
  | { readonly kind: 'pkcs7'; readonly form: 'pem' | 'der' }
  | { readonly kind: 'encrypted-key' }
  | { readonly kind: 'openssh-key' }
  /** PEM of another kind, by its label. */
  | { readonly kind: 'other-pem'; readonly label: string }
  | { readonly kind: 'byte-order-mark'; readonly of: 'utf-8' | 'utf-16' }
  /** Characters before `-----BEGIN` on its line, such as the indentation of a copied text. */
  | { readonly kind: 'indented' }
  /** Of the blocks that are wanted one has a beginning and no end. `at`: its place among them, from 1. */
  | { readonly kind: 'cut-off'; readonly at: number }
  | { readonly kind: 'no-pem' }

const labels: Readonly<Record<Wanted, RegExp>> = {
  certificate: /^CERTIFICATE$/,
  key: /^((RSA|EC) )?PRIVATE KEY$/,
  trusted: /^CERTIFICATE$/,
  list: /^X509 CRL$/,
}
/** DER of the object identifiers by which the forms are told apart: signedData, data (PKCS#12 has version 3 before it). */
const SIGNED_DATA = '06092a864886f70d010702'
const PKCS12 = '02010330'
/** DER of an algorithm of a key at the beginning of PKCS#8, and of the versions of older forms: SEQUENCE, INTEGER 0 or 1. */
const KEY = /^30(8[12])?(..){1,3}0201(00|01)/

/** What is wrong with the form of a file, or `fine`. Text around PEM and Windows line ends are fine: OpenSSL reads past them. */
export function pemFault(bytes: Buffer, wanted: Wanted): PemFault | 'fine' {
  if (bytes.toString('latin1').trim() === '') return { kind: 'empty' }
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { kind: 'byte-order-mark', of: 'utf-16' }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { kind: 'byte-order-mark', of: 'utf-16' }
  const text = bytes.toString('latin1')
  const found = [...text.matchAll(/(^|\n)([^\n]*)-----BEGIN ([^-\r\n]+)-----/g)].map(([, , before = '', label = '']) => ({ before, label }))
  if (found.length === 0) return bytes[0] === 0x30 ? derFault(bytes) : { kind: 'no-pem' }
  const [first] = found.filter(({ label }) => labels[wanted].test(label))
  if (first !== undefined) return formFault(first.before, text, wanted)
  const held = found.map(({ label }) => label)
  if (held.includes('PKCS7') || held.includes('CMS')) return { kind: 'pkcs7', form: 'pem' }
  if (wanted === 'key' && held.includes('ENCRYPTED PRIVATE KEY')) return { kind: 'encrypted-key' }
  if (wanted === 'key' && held.includes('OPENSSH PRIVATE KEY')) return { kind: 'openssh-key' }
  return { kind: 'other-pem', label: held[0] ?? '' }
}

function formFault(before: string, text: string, wanted: Wanted): PemFault | 'fine' {
  if (before === '\u00ef\u00bb\u00bf') return { kind: 'byte-order-mark', of: 'utf-8' }
  if (before !== '') return { kind: 'indented' }
  const at = cutOff(text, wanted)
  if (at !== 'none') return { kind: 'cut-off', at }
  return wanted === 'key' && /^Proc-Type: 4,ENCRYPTED/m.test(text) ? { kind: 'encrypted-key' } : 'fine'
}

/** Which block has no end before the next one begins: what reads certificates by their blocks would pass over it without a word. */
export function cutOff(text: string, wanted: Wanted): number | 'none' {
  const marks = [...text.matchAll(/-----(BEGIN|END) ([^-\r\n]+)-----/g)].filter(([, , label = '']) => labels[wanted].test(label))
  let begun = 0
  for (const [i, [, mark, label]] of marks.entries()) {
    if (mark !== 'BEGIN') continue
    begun += 1
    const next = marks[i + 1]
    if (next === undefined || next[1] !== 'END' || next[2] !== label) return begun
  }
  return 'none'
}

/** A private key in the clear among other things. */
export const holdsKey = (text: string): boolean => /-----BEGIN ((RSA|EC|DSA) )?PRIVATE KEY-----/.test(text)

function derFault(bytes: Buffer): PemFault {
  const start = bytes.subarray(0, 40).toString('hex')
  if (start.includes(SIGNED_DATA) && start.indexOf(SIGNED_DATA) < 12) return { kind: 'pkcs7', form: 'der' }
  const at = start.indexOf(PKCS12)
  if (at >= 4 && at <= 12 && /06092a864886f70d0107/.test(start)) return { kind: 'pkcs12' }
  return { kind: 'der', holds: KEY.test(start) ? 'key' : /^3082....3082/.test(start) ? 'certificate' : 'unknown' }
}

export type Words = { readonly why: string; readonly mend: string }
const heldIn: Readonly<Record<Wanted, 'certificate' | 'key' | 'unknown'>> = {
  certificate: 'certificate',
  key: 'key',
  trusted: 'certificate',
  list: 'unknown',
}
const nouns: Readonly<Record<Wanted, string>> = {
  certificate: 'a certificate',
  key: 'a private key',
  trusted: 'a certificate',
  list: 'a revocation list',
}

/** The fault of a file in words, with the command that mends it. */
export function describePemFault(fault: PemFault, file: string, wanted: Wanted): Words {
  const pem = `${file}.pem`
  const then = `then name ${pem} in the configuration`
  const noun = nouns[wanted]
  switch (fault.kind) {
    case 'empty':
      return { why: 'the file is empty', mend: `copy ${noun} in PEM into it` }
    case 'der': {
      const what = fault.holds === 'unknown' ? (wanted === 'key' ? 'key' : 'certificate') : fault.holds
      if (fault.holds !== 'unknown' && fault.holds !== heldIn[wanted])
        return { why: `it holds a ${what}, not ${noun}`, mend: exchanged(wanted) }
      const command = what === 'key' ? 'pkey' : 'x509'
      return { why: 'it is DER, expected PEM', mend: `openssl ${command} -inform der -in ${file} -out ${pem}; ${then}` }
    }
    case 'pkcs12': {
      const part = wanted === 'key' ? '-nocerts -nodes' : '-nokeys'
      const why = 'it is a PKCS#12 bundle, expected PEM'
      return { why, mend: `openssl pkcs12 -in ${file} ${part} -out ${pem} (with -legacy for an older bundle); ${then}` }
    }
    case 'pkcs7': {
      const from = fault.form === 'der' ? '-inform der ' : ''
      const why = 'it is PKCS#7, expected PEM certificates'
      return wanted === 'key'
        ? { why: 'it is PKCS#7, which holds certificates and no key', mend: exchanged(wanted) }
        : {
            why,
            mend: `openssl pkcs7 ${from}-in ${file} -print_certs -out ${pem}; ${then}${wanted === 'certificate' ? ', the own certificate first' : ''}`,
          }
    }
    case 'encrypted-key':
      return { why: 'the key is encrypted, the gateway has no passphrase for it', mend: `openssl pkey -in ${file} -out ${pem}; ${then}` }
    case 'openssh-key':
      return { why: 'it is a key in the form of OpenSSH, expected PEM', mend: `ssh-keygen -p -m PKCS8 -f ${file}` }
    case 'other-pem':
      return otherPem(fault.label, file, wanted)
    case 'byte-order-mark':
      return fault.of === 'utf-8'
        ? { why: 'it begins with a byte order mark, as Windows editors write it', mend: `sed -i '1s/^\\xEF\\xBB\\xBF//' ${file}` }
        : { why: 'it is UTF-16, as PowerShell writes it', mend: `iconv -f UTF-16 -t UTF-8 ${file} > ${pem}; ${then}` }
    case 'indented':
      return { why: 'its line -----BEGIN has characters before it', mend: `sed -i 's/^[^-]*-----BEGIN/-----BEGIN/; s/^[ \\t]*//' ${file}` }
    case 'cut-off':
      return {
        why: `${noun} in it (number ${fault.at}) is cut off: it begins and has no -----END line`,
        mend: `copy the whole file again: tail -n 3 ${file}`,
      }
    case 'no-pem':
      return { why: `it holds no PEM: expected ${noun}`, mend: `openssl asn1parse -in ${file} shows what else it is` }
  }
}

function otherPem(label: string, file: string, wanted: Wanted): Words {
  const why = `it holds ${label.toLowerCase()}, not ${nouns[wanted]}`
  if (label.endsWith('CERTIFICATE REQUEST') && wanted === 'certificate')
    return {
      why: 'it is a request (CSR), not a certificate',
      mend: `breakwall ca sign ${file} --host ADDRESS where the authority is, then breakwall cert import`,
    }
  if (/^(X509|TRUSTED) CERTIFICATE$/.test(label) && (wanted === 'certificate' || wanted === 'trusted'))
    return {
      why: `it holds a ${label.toLowerCase()}, expected -----BEGIN CERTIFICATE-----`,
      mend: `openssl x509 -in ${file} -out ${file}.pem`,
    }
  return { why, mend: exchanged(wanted) }
}

function exchanged(wanted: Wanted): string {
  switch (wanted) {
    case 'list':
      return 'breakwall crl publish writes a list'
    case 'trusted':
      return 'name the file with the certificates to trust, such as pki/site-ca.crt'
    case 'certificate':
    case 'key':
      return 'certificate and key may be exchanged: look at both lines'
  }
}
