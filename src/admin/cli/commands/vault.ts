import { Option } from 'commander'
import { type VaultView, passwordLevels } from '../../contract/index.ts'
import { call } from '../client.ts'
import { type Common, type Parts, print, wrongWords } from '../parts.ts'
import { table } from '../text/table.ts'

/** `breakwall vault`: the breakers' passwords. They go in and never come out. */
export function vault({ group, offline, terminal, finish }: Parts): void {
  const level = (): Option => new Option('--level <level>', 'which of the four passwords').choices(passwordLevels).default('operator')
  const { command, plain } = group('vault', 'passwords of the breakers: they go in, to commands that are allowed, and never come out')
  command('list', 'whose passwords are there').action(async ({ json, api }: Common) =>
    finish(print(await call<VaultView>(terminal.findSocket(api), 'GET', '/v1/vault'), json, vaultText, terminal)),
  )
  command('set <breaker>', 'asks for a password without showing it; from a pipe it takes the first line')
    .addOption(level())
    .action(async (breaker: string, { json, api, level: which }: Common & { level: string }) => {
      const password = await terminal.askSecret(`${which} password of ${breaker}: `)
      if (password === undefined) return finish(wrongWords(terminal, 'nothing was set', 'breakwall vault list'))
      const answered = await call<VaultView>(terminal.findSocket(api), 'POST', '/v1/vault/set', { breaker, level: which, password })
      finish(print(answered, json, (view) => setText(view, breaker, which), terminal))
    })
  command('remove <breaker>', 'forgets a password')
    .addOption(level())
    .action(async (breaker: string, { json, api, level: which }: Common & { level: string }) => {
      const answered = await call<VaultView>(terminal.findSocket(api), 'POST', '/v1/vault/remove', { breaker, level: which })
      finish(print(answered, json, () => `removed: ${which} password of ${breaker}`, terminal))
    })
  command('rotate', 'a new key for the whole vault; the passwords stay, and the old key opens nothing any more').action(
    async ({ json, api }: Common) =>
      finish(
        print(
          await call<VaultView>(terminal.findSocket(api), 'POST', '/v1/vault/rotate', {}),
          json,
          () => 'the vault has a new key: keep a copy of its file, the one before is of no use',
          terminal,
        ),
      ),
  )
  plain('init', 'makes the key of the vault that a configuration names')
    .requiredOption('--config <file>', 'the configuration, such as /etc/breakwall/breakwall.toml')
    .action(({ config }: { config: string }) => finish(offline.initVault(config)))
}

function setText(view: VaultView, breaker: string, level: string): string {
  const factory = view.entries.some((entry) => entry.breaker === breaker && entry.level === level && entry.factory)
  const set = `set: ${level} password of ${breaker}`
  return factory ? `${set}\nwarning: it is the one that the breaker left the factory with: change it at the breaker, then here` : set
}

function vaultText({ closed, entries }: VaultView): string {
  if (closed !== '') return `the vault is closed: ${closed}`
  if (entries.length === 0) return 'the vault is empty: commands that need a password are refused'
  const rows = entries.map(({ breaker, level, changed, factory }) => [
    breaker,
    level,
    changed.slice(0, 19),
    factory ? 'FACTORY PASSWORD: change it' : '',
  ])
  return table([['Breaker', 'Level', 'Set (UTC)', ''], ...rows])
}
