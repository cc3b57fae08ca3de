import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { demanded, withoutTest } from './requirements.ts'

const tests = join(import.meta.dirname, '../test')
/** Names of tests, in whichever quotes they stand, with their requirements in brackets at the end. */
const named = /t\.test\(\s*(['"`])((?:(?!\1)[^\\\n]|\\.)*?\[(?:S-\d|CR \d|NDR \d)[^\n]*?)\1/g

/** Which test shows which requirement, by the tests' own names. */
export function requirementsShown(): Map<string, string[]> {
  const shownBy = new Map<string, string[]>()
  for (const file of globSync('**/*.test.ts', { cwd: tests }).sort())
    for (const [, , name = ''] of readFileSync(join(tests, file), 'utf8').matchAll(named))
      for (const [, id = ''] of name.matchAll(/\[((?:S-|CR |NDR )[^\]]+)\]/g)) {
        const words = name
          .replace(/\$\{[^}]*\}/g, '…')
          .replace(/ \[[^\]]+\]/g, '')
          .replaceAll('|', '\\|')
        shownBy.set(id, [...(shownBy.get(id) ?? []), `${words} (\`test/${file}\`)`])
      }
  return shownBy
}

/** docs/requirements.md: which test shows which requirement of the cybersecurity guide (S) and of IEC 62443-4-2 (CR, NDR), out of the tests' own names. */
export function requirementsPage(): string {
  const shownBy = requirementsShown()
  for (const id of demanded) if (!shownBy.has(id)) shownBy.set(id, [`**no test**: ${withoutTest[id] ?? 'no reason is given'}`])
  const number = (id: string): string => id.replace(/\d+/g, (digits) => digits.padStart(3, '0'))
  const rows = [...shownBy].sort(([a], [b]) => (number(a) < number(b) ? -1 : 1))
  return `# Which test shows which requirement

Written by \`npm run generate\` from the names of the tests. S: the cybersecurity guide DOCA0122EN, in its order; CR, NDR: IEC 62443-4-2 (ids and topics only: compare with a bought copy before a claim is made).
Every requirement of the guide and every row of the standard up to SL 2 is here, with its tests or with the reason why there is none; which ones, and the reasons: \`scripts/requirements.ts\`.

| requirement | shown by |
|---|---|
${rows.map(([id, names]) => `| ${id} | ${names.join('<br>')} |`).join('\n')}
`
}
