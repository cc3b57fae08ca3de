import { createPrivateKey } from 'node:crypto'
import { existsSync, globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { rootsFile } from './desk.ts'
import { readAuthorities } from './files.ts'
import { type KeyKind, keyPem, newKey } from './keys.ts'
import { certificatesOf } from './pem.ts'
import { FOR_ALL, type PkiFailure, failed, hasAuthority, makeFolder, writeWhole } from './register.ts'
import { makeRequest } from './request.ts'
import { type Random, readRegularFile } from '../../platform/index.ts'

/** Makes a key here and a request for its certificate, to be signed where the authority is. */
export async function requestCertificate(
  folder: string,
  name: string,
  kind: KeyKind,
  random: Random,
): Promise<{ readonly kind: 'requested'; readonly requestFile: string; readonly keyFile: string } | PkiFailure> {
  makeFolder(folder)
  const keyFile = join(folder, `${name}.key`)
  const requestFile = join(folder, `${name}.csr`)
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name))
    return failed(`"${name}" cannot be the name of a file`, 'take letters, digits, dot, - and _')
  if (existsSync(keyFile)) return failed(`${keyFile} is there already`, 'choose another name, or move the key away')
  const key = newKey(kind)
  writeWhole(keyFile, keyPem(key, '', random))
  writeWhole(requestFile, await makeRequest(name, key), FOR_ALL)
  return { kind: 'requested', requestFile, keyFile }
}

export type Imported = {
  readonly kind: 'imported'
  readonly certificateFile: string
  readonly keyFile: string
  readonly authoritiesFile: string
}

/**
 * Takes a certificate that another authority has signed and puts it beside its key; with `authorities`, what its clients are to trust. A
 * folder with an authority of its own keeps its own roots: it takes no others.
 */
export function importCertificate(folder: string, certificatePath: string, authoritiesPath: string): Imported | PkiFailure {
  let pem: string
  try {
    pem = readRegularFile(certificatePath).toString('utf8')
    const [leaf] = certificatesOf(pem)
    if (leaf === undefined)
      return failed(`${certificatePath} holds no certificate`, 'expected PEM, the own certificate first and its chain behind it')
    const keyFile = globSync('*.key', { cwd: folder })
      .map((name) => join(folder, name))
      .find((path) => {
        const text = readRegularFile(path).toString('utf8')
        return !text.includes('ENCRYPTED') && leaf.checkPrivateKey(createPrivateKey(text))
      })
    if (keyFile === undefined)
      return failed(`no key in ${folder} belongs to ${certificatePath}`, 'breakwall cert request makes a key and the request for it')
    if (authoritiesPath !== '') {
      if (hasAuthority(folder)) return failed(`${folder} has an authority of its own`, 'leave --authorities out, or name another folder')
      const authorities = readAuthorities(authoritiesPath)
      if (authorities.kind === 'unusable') return failed(authorities.why, authorities.mend)
      writeWhole(rootsFile(folder), authorities.pem, FOR_ALL)
    }
    const certificateFile = join(folder, `${basename(keyFile, '.key')}.crt`)
    writeWhole(certificateFile, pem, FOR_ALL)
    return { kind: 'imported', certificateFile, keyFile, authoritiesFile: authoritiesPath === '' ? '' : rootsFile(folder) }
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error), 'breakwall cert import --help')
  }
}
