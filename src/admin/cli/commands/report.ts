import { call } from '../client.ts'
import { type Parts, print } from '../parts.ts'

/** `breakwall report`: how the site stands to the guide, as one page to print or to keep. */
export function report({ add, terminal, finish }: Parts): void {
  add('report', 'the site security report as HTML, to print or to keep: breakwall report > report.html').action(
    async ({ api }: { api?: string }) =>
      finish(
        print(await call<string>(terminal.findSocket(api), 'GET', '/v1/report?style=inline'), false, (html) => html.trimEnd(), terminal),
      ),
  )
}
