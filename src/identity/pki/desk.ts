import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, type Random, readRegularFile } from '../../platform/index.ts'
import type { Signer } from './certificate.ts'
import { openKey } from './keys.ts'
import { type PkiFailure, type Register, failed } from './register.ts'

/** Where an authority works. The passphrase opens its key; empty where the key is in the clear. */
export type Desk = { readonly folder: string; readonly passphrase: string; readonly clock: Clock; readonly random: Random }
/** In one file for whoever has to trust them: every root in force, the newest first. */
export const rootsFile = (folder: string): string => join(folder, 'site-ca.crt')

/** Opens the keys of all roots in force, the newest first. */
export function openSigners({ folder, passphrase }: Desk, { roots }: Register): readonly Signer[] | PkiFailure {
  const signers: Signer[] = []
  for (const { certificateFile, keyFile } of roots) {
    const path = join(folder, keyFile)
    if (!existsSync(path))
      return failed(`the key of the authority is not here (${path})`, 'breakwall cert request here, and breakwall ca sign where the key is')
    const key = openKey(readRegularFile(path).toString('utf8'), passphrase)
    if (key === 'wrong-passphrase')
      return failed(`${path} does not open with this passphrase`, 'the passphrase is the one that was given to breakwall ca init')
    signers.push({ certificate: new X509Certificate(readRegularFile(join(folder, certificateFile))), key })
  }
  return signers
}
