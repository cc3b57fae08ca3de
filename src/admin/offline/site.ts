import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { AclView, MatrixView } from '../contract/index.ts'
import { aclView, matrixView } from '../api/index.ts'
import { type CheckedSite, loadSite } from '../../config/index.ts'

type Said<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'refused'; readonly error: string; readonly hint: string }

function onSite<T>(file: string, view: (site: CheckedSite) => T): Said<T> {
  const loaded = loadSite(file)
  if (loaded.kind === 'problems') return { kind: 'refused', error: `${file} has mistakes`, hint: `breakwall check ${file}` }
  return { kind: 'ok', value: view(loaded.site) }
}

/** What a configuration says of an address and of roles, without a gateway: the same functions answer for the running one. */
export const siteCommands = {
  aclTest(file: string, address: string): Said<readonly AclView[]> {
    if (isIP(address) === 0)
      return { kind: 'refused', error: `"${address}" is not an address`, hint: 'write it as 10.20.0.17 or 2001:db8::5' }
    return onSite(file, (site) => site.listeners.map((listener) => aclView(listener, address)))
  },
  access: (file: string): Said<MatrixView> => onSite(file, matrixView),
  firstLine: (file: string): string => readFileSync(file, 'utf8').split(/\r?\n/)[0] ?? '',
}
