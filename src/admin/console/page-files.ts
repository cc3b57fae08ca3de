import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

/** A file as the browser gets it. */
export type PageFile = { readonly name: string; readonly type: string; readonly content: string }

/** Style, icon and the page itself are served as they stand in the sources, also by the built form. */
const sources = join(import.meta.dirname, '../../../src/admin/console/pages')
const assets = [
  ['index.html', 'text/html; charset=utf-8'],
  ['style.css', 'text/css; charset=utf-8'],
  ['report.css', 'text/css; charset=utf-8'],
  ['icon.svg', 'image/svg+xml'],
] as const
const scripts = [
  ...[
    'page',
    'dom',
    'api',
    'texts',
    'german',
    'live',
    'login',
    'account',
    'symbols',
    'faults',
    'slide',
    'unlock',
    'tags',
    'breaker',
    'site',
  ],
  ...['events', 'requests', 'access', 'people', 'keys', 'settings', 'checklist'],
]

/** Every file that a browser gets, read once at the start. */
export const pageFiles = (): readonly PageFile[] => [
  ...assets.map(([name, type]) => ({ name, type, content: readFileSync(join(sources, name), 'utf8') })),
  ...scripts.map((name) => ({ name: `${name}.js`, type: 'text/javascript; charset=utf-8', content: scriptOf(name) })),
]

/** Whether this runs as it was written; otherwise `npm run build` has made it, and the pages beside it (decision 0040). */
const isSource = import.meta.filename.endsWith('.ts')

function scriptOf(name: string): string {
  if (!isSource) return readFileSync(join(import.meta.dirname, 'pages', `${name}.js`), 'utf8')
  return toJavaScript(readFileSync(join(sources, `${name}.ts`), 'utf8'))
}

/** What `tsc` does for the built form: types go, and an import names the file as it is served. */
const toJavaScript = (source: string): string => stripTypeScriptTypes(source).replace(/( from '\.\/[\w-]+)\.ts'/g, "$1.js'")
