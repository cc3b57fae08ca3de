import type { SinkTestView, SinkView } from '../../contract/index.ts'
import { call } from '../client.ts'
import { type Common, type Parts, exitCode, print } from '../parts.ts'
import { table } from '../text/table.ts'

/** `breakwall sink list` and `test`: where events go, and whether they get there. */
export function sinks({ group, terminal, finish }: Parts): void {
  const { command } = group('sink', 'where events go')
  command('list', 'each sink: its receiver, and what it has still to get').action(async ({ json, api }: Common) => {
    finish(print(await call<readonly SinkView[]>(terminal.findSocket(api), 'GET', '/v1/sinks'), json, sinksText, terminal))
  })
  command('test <name>', 'send a test event to each receiver of a sink, and say step by step how far it came').action(
    async (name: string, { json, api }: Common) => {
      const answered = await call<SinkTestView>(terminal.findSocket(api), 'POST', `/v1/sinks/${encodeURIComponent(name)}/test`, {})
      const code = print(answered, json, testText, terminal)
      finish(answered.kind === 'ok' && answered.value.some(({ ok }) => !ok) ? exitCode.refused : code)
    },
  )
}

export function sinksText(all: readonly SinkView[]): string {
  if (all.length === 0) return 'no sink is configured: events stay on this machine'
  const rows = all.map(({ name, receiver, state, owed, owedSeconds, behind, sent }) => [
    name,
    receiver,
    describeSinkState(state),
    `${behind ? 'BEHIND: ' : ''}${owed} waiting${owedSeconds > 0 ? `, ${owedSeconds} s` : ''}`,
    String(sent),
  ])
  return table([['Sink', 'Receiver', 'State', 'Queue', 'Sent'], ...rows])
}

/** Opened is not delivered: only what the receiver has confirmed is called connected. */
export function describeSinkState(state: SinkView['state']): string {
  switch (state.kind) {
    case 'not-tried':
      return 'not tried yet'
    case 'opened':
      return 'opened, nothing confirmed yet'
    case 'delivers':
      return 'connected'
    case 'sends':
      return 'sent; UDP does not confirm'
    case 'failed':
      return `NOT CONNECTED: ${state.why}`
  }
}

const testText = (tests: SinkTestView): string =>
  tests
    .map(({ receiver, ok, steps }) =>
      [
        `${receiver}: ${ok ? 'works' : 'does NOT work'}`,
        ...steps.map((step) => `  ${step.ok ? 'ok  ' : 'FAIL'} ${step.step}: ${step.words}`),
      ].join('\n'),
    )
    .join('\n')
