import { type Purpose, initAuthority, issueCertificate } from '../../src/identity/index.ts'
import { type Clock, realClock, realRandom } from '../../src/platform/index.ts'

/** An authority for a test, its key in the clear. */
export async function makeAuthority(folder: string, site = 'test', clock: Clock = realClock): Promise<void> {
  const made = await initAuthority({ folder, passphrase: '', clock, random: realRandom }, site, 'ec')
  if ('kind' in made) throw new Error(made.why)
}

/** One certificate of it, for 30 days; `rsa` for a key of the old kind. */
export async function issue(
  folder: string,
  name: string,
  purpose: Purpose,
  days = 30,
  key: 'ec' | 'rsa' = 'ec',
  clock: Clock = realClock,
): Promise<void> {
  const desk = { folder, passphrase: '', clock, random: realRandom }
  const made = await issueCertificate(desk, { name, purpose, days, source: { kind: 'new-key', key }, bundlePassphrase: '' })
  if ('kind' in made) throw new Error(made.why)
}
