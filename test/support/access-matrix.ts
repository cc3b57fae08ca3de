import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CheckedSite, loadSite } from '../../src/config/index.ts'
import { accessMatrix } from '../../src/policy/index.ts'

/** The shipped configuration, with files that only have to be there. */
export function shippedSite(): CheckedSite {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-shipped-'))
  try {
    mkdirSync(join(folder, 'pki'))
    for (const name of ['gateway.crt', 'gateway.key', 'site-ca.crt', 'site-ca.crl']) writeFileSync(join(folder, 'pki', name), '')
    const file = join(folder, 'breakwall.toml')
    writeFileSync(file, readFileSync(join(import.meta.dirname, '../../config/breakwall.toml'), 'utf8'))
    const loaded = loadSite(file)
    if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
    return loaded.site
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Role, class, level, lock, mode and verdict of the shipped policy, one case a line: test/golden/access.txt. */
export const shippedMatrix = (): string =>
  `${accessMatrix(shippedSite().rights, 'Q1')
    .map(({ role, class: one, level, lock, mode, verdict }) => [role, one, level, lock, mode, verdict].join(' | '))
    .join('\n')}\n`
