import type { BreakerView, StatusView } from '../../contract/index.ts'
import { call } from '../client.ts'
import { type Common, type Parts, exitCode, print } from '../parts.ts'

/** ISO 216 A6, millimetres. */
const [WIDTH, HEIGHT] = [105, 148]
const QR = 68

/** `breakwall label`: what is glued to the door of the cubicle. */
export function label({ add, terminal, finish }: Parts): void {
  add('label [breaker]', 'a label with a QR code for the door, as SVG in A6: breakwall label Q1 > q1.svg; --all: a sheet of all of them')
    .option('--all', 'one HTML file with a page of A6 for every breaker', false)
    .action(async (name: string | undefined, { api, json, all }: Common & { all: boolean }) => {
      const answered = await call<StatusView>(terminal.findSocket(api), 'GET', '/v1/status')
      if (answered.kind !== 'ok') return finish(print(answered, json, () => '', terminal))
      const { pages, breakers, site } = answered.value
      const refuse = (error: string, hint: string): void => finish(print({ kind: 'refused', error, hint }, json, () => '', terminal))
      if (pages === '') return refuse('this gateway has no pages that a code could lead to', 'add [console] to its configuration')
      const wanted = all ? breakers : breakers.filter((one) => one.name === name)
      if (wanted.length === 0)
        return refuse(
          name === undefined ? 'which breaker?' : `there is no breaker "${name}"`,
          `one of ${breakers.map((one) => one.name).join(', ')}, or --all`,
        )
      const drawn = await Promise.all(wanted.map((breaker) => labelSvg(breaker, site, addressOf(pages, breaker.name))))
      terminal.out(all ? sheetHtml(site, drawn) : (drawn[0] ?? ''))
      finish(exitCode.done)
    })
}

export const addressOf = (pages: string, breaker: string): string => `${pages}/b/${encodeURIComponent(breaker)}`
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const safe = (text: string): string => text.replace(/[&<>"]/g, (one) => escapes[one] ?? '')
/** A text as large as its line allows. */
const fitting = (text: string, most: number): number => Math.min(most, (WIDTH - 12) / (0.62 * Math.max(1, text.length)))

export async function labelSvg(
  { name, label: called, family }: Pick<BreakerView, 'name' | 'label' | 'family'>,
  site: string,
  address: string,
): Promise<string> {
  const { default: qrcode } = await import('qrcode')
  const { modules } = qrcode.create(address, { errorCorrectionLevel: 'Q' })
  const dark = [...modules.data].flatMap((on, i) => (on ? [`M${i % modules.size} ${Math.floor(i / modules.size)}h1v1h-1z`] : []))
  const text = (y: number, size: number, words: string, weight = 400): string =>
    `<text x="${WIDTH / 2}" y="${y}" font-size="${fitting(words, size).toFixed(2)}" font-weight="${weight}">${safe(words)}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}mm" height="${HEIGHT}mm" viewBox="0 0 ${WIDTH} ${HEIGHT}">`,
    `<title>${safe(name)}</title><rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<g font-family="sans-serif" text-anchor="middle" fill="#000">`,
    text(22, 20, name, 800),
    text(32, 8, called, 600),
    text(39, 4.5, `${site} · ${family}`),
    `<g transform="translate(${(WIDTH - QR) / 2} 49) scale(${QR / modules.size})"><path d="${dark.join('')}"/></g>`,
    text(129, 5, 'Remote control: scan to see and to lock', 700),
    text(136, 4, address),
    text(143, 3.6, 'Breakwall'),
    `</g></svg>`,
  ].join('')
}

const sheetHtml = (site: string, drawn: readonly string[]): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${safe(site)}</title><style>@page{size:A6;margin:0}body{margin:0}svg{display:block;break-after:page}</style>${drawn.join('')}</html>`
