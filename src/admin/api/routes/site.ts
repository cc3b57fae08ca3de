import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { checklistFor } from '../../../breakers/index.ts'
import type { Gateway } from '../../../gateway/index.ts'
import { isoUs } from '../../../platform/index.ts'
import { type ChecklistView, type SettingsView, signBody } from '../../contract/index.ts'
import type { ConfigurationFile } from './access.ts'
import { allowed, refuse } from '../caller.ts'
import { checked } from '../checked.ts'
import { known } from '../known.ts'
import { NO_DISK } from './lock.ts'
import { reportHtml } from '../report/html.ts'
import { securityReport } from '../report/index.ts'

/** The configuration with its lines, the checklist of the site, and the report that is made out of both and of what is in force. */
export function siteRoutes(app: FastifyInstance, gateway: Gateway, file: ConfigurationFile): void {
  // Addresses, ports and names of the site are not for everybody who may look at breakers (S-12).
  app.get('/v1/settings', (request, reply) =>
    allowed(request, reply, 'events', gateway) === undefined ? reply : reply.send(settingsView(gateway, file)),
  )
  app.get('/v1/checklist', (request, reply) =>
    allowed(request, reply, 'look', gateway) === undefined ? reply : reply.send(checklistView(gateway)),
  )
  app.post('/v1/checklist', async (request, reply) => {
    const body = checked(signBody, request.body, reply)
    if (body === 'refused' || !known(body.breaker, gateway, reply)) return reply
    const who = allowed(request, reply, 'lock', gateway, body.breaker)
    if (who === undefined) return reply
    if (who.kind !== 'person') return refuse(reply, 403, 'a signature takes a log-in', 'breakwall login NAME')
    const family = gateway.site().breakers.find(({ name }) => name === body.breaker)?.profile.family ?? ''
    const done = await gateway.checklist.sign({ ...body, family, by: who.name })
    if (done === 'unavailable') return refuse(reply, 503, ...NO_DISK)
    if (done === 'no-such-item') return refuse(reply, 404, `the list of ${body.breaker} has no "${body.item}"`, 'GET /v1/checklist')
    return reply.send(checklistView(gateway).filter(({ breaker }) => breaker === body.breaker))
  })
  app.get<{ Querystring: { style?: string } }>('/v1/report', async (request, reply) => {
    const who = allowed(request, reply, 'events', gateway)
    if (who === undefined) return reply
    const report = await securityReport(gateway, checklistView(gateway), who.name)
    const style = request.query.style === 'inline' ? 'inline' : 'linked'
    return reply.type('text/html; charset=utf-8').send(reportHtml(report, style))
  })
}

/** The same short hash by which a configuration is named in events. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)

function settingsView(gateway: Gateway, file: ConfigurationFile): SettingsView {
  const text = file.text()
  const read = file.read()
  return {
    file: basename(file.path),
    inForce: gateway.site().hash,
    onDisk: hashOf(text),
    mistakes: read.kind === 'mistakes' ? read.mistakes : [],
    lines: text.trimEnd().split(/\r?\n/),
  }
}

const DAY_US = 24 * 60 * 60 * 1_000_000

function checklistView(gateway: Gateway): readonly ChecklistView[] {
  const now = gateway.clock.utcUs()
  return gateway.site().breakers.flatMap(({ name: breaker, profile: { family } }) =>
    checklistFor(family).map(({ id: item, text, source, everyDays }) => {
      const signature = gateway.checklist.signed(breaker, item)
      const due = signature === 'never' || now - signature.utcUs > everyDays * DAY_US
      const [signed, by, note] = signature === 'never' ? ['', '', ''] : [isoUs(signature.utcUs), signature.by, signature.note]
      return { breaker, family, item, text, source, everyDays, due, signed, by, note }
    }),
  )
}
