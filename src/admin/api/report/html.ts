import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MatrixView } from '../../contract/index.ts'
import type { SecurityReport } from './index.ts'

const sheet = join(import.meta.dirname, '../../console/pages/report.css')
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const safe = (text: string): string => text.replace(/[&<>"']/g, (one) => escapes[one] ?? '')

const tableOf = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><thead><tr>${heads.map((one) => `<th scope="col">${safe(one)}</th>`).join('')}</tr></thead><tbody>${rows
    .map((cells) => `<tr>${cells.map((one) => `<td>${safe(one)}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`

/** The report as one page to print. `inline`: with its style in it, for a file that is passed on. */
export function reportHtml(report: SecurityReport, style: 'inline' | 'linked'): string {
  const { site, version, configuration, made, by, rows, matrix, checklist } = report
  const open = rows.filter(({ state }) => state === 'open')
  const look = style === 'inline' ? `<style>${readFileSync(sheet, 'utf8')}</style>` : '<link rel="stylesheet" href="/report.css">'
  const states = { met: 'met', open: 'OPEN', people: 'by people' } as const
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Site security report · ${safe(site)}</title>${look}</head><body><main>
<h1>Site security report</h1>
<p>${safe(site)} · made ${safe(made)} by ${safe(by)} · Breakwall ${safe(version)} · configuration ${safe(configuration)}</p>
<h2>Open points: ${open.length}</h2>
${
  open.length === 0
    ? '<p>None that the gateway can see.</p>'
    : tableOf(
        ['Requirement', 'What', 'How it stands'],
        open.map(({ requirement, what, words }) => [requirement, what, words]),
      )
}
<h2>Requirements of the guide (DOCA0122EN-10), as far as the gateway sees them</h2>
${tableOf(
  ['Requirement', 'What', 'State', 'How it stands'],
  rows.map(({ requirement, what, state, words }) => [requirement, what, states[state], words]),
)}
<h2>Who may ask for what</h2>
<p>From an address of level control, breaker locked and unlocked, no tag, grant or guard considered.</p>
${matrixHtml(matrix)}
<h2>Checklist of the breakers</h2>
${tableOf(
  ['Breaker', 'Family', 'Item', 'Source', 'Signed', 'By', 'Remark'],
  checklist.map(({ breaker, family, text, source, signed, by: who, note, due }) => {
    const state = signed === '' ? 'never' : due ? `${signed.slice(0, 10)}, due again` : signed.slice(0, 10)
    return [breaker, family, text, source, state, who, note]
  }),
)}
<h2>Signatures</h2><p class="sign">Name, date:</p><p class="sign">Name, date:</p>
</main></body></html>
`
}

function matrixHtml({ groups, manage }: MatrixView): string {
  const parts = groups.map(({ breakers, rows }) => {
    const of = rows.filter(({ level, mode }) => level === 'control' && mode === 'enforce')
    const locks = [...new Set(of.map(({ lock }) => lock))]
    const pairs = [...new Map(of.map(({ role, class: asked }) => [`${role}\n${asked}`, [role, asked] as const])).values()]
    const cells = pairs.map(([role, asked]) => [
      role,
      asked,
      ...locks.map((lock) => of.find((one) => one.role === role && one.class === asked && one.lock === lock)?.verdict ?? ''),
    ])
    return `<h3>${safe(breakers.join(', '))}</h3>${tableOf(['Role', 'Class', ...locks], cells)}`
  })
  return `${parts.join('')}<h3>With the gateway itself</h3>${tableOf(
    ['Role', 'May'],
    manage.map(({ role, may }) => [role, may.join(', ')]),
  )}`
}
