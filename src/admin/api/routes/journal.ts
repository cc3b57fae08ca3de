import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { background } from '../../../platform/index.ts'
import { event } from '../../../events/index.ts'
import type { Gateway } from '../../../gateway/index.ts'
import type { ExportOrder, Query } from '../../../journal/index.ts'
import {
  type AcceptedView,
  type ExportView,
  type VerifyView,
  acceptStatesBody,
  eventSeverities,
  eventsQuery,
  exportQuery,
} from '../../contract/index.ts'
import { allowed, refuse } from '../caller.ts'
import { checked } from '../checked.ts'
import { type Exports, createExports } from './exports.ts'

/** What happened: to read, to check and to take along. */
export function journalRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.get('/v1/events', (request, reply) => events(request, reply, gateway))
  app.post('/v1/journal/verify', (request, reply) => {
    const who = allowed(request, reply, 'events', gateway)?.name
    if (who === undefined) return reply
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson' })
    const line = (view: VerifyView): void => void reply.raw.write(`${JSON.stringify(view)}\n`)
    const walked = gateway.retention
      .verify(who, (done, of) => line({ done, of }))
      .catch((error: unknown) => ({ kind: 'unreadable' as const, what: String(error) }))
      .then((verified) => {
        line({ verified })
        reply.raw.end()
      })
    background(walked)
    return reply
  })
  app.post('/v1/journal/accept-states', (request, reply) => acceptStates(request, reply, gateway))
  const exports = createExports(gateway)
  app.addHook('onClose', () => exports.close())
  app.get('/v1/export', (request, reply) => exportEvents(request, reply, gateway, exports))
  app.get('/v1/export/running', (request, reply) =>
    allowed(request, reply, 'events', gateway) === undefined ? reply : exportView(exports, gateway),
  )
}

async function acceptStates(request: FastifyRequest, reply: FastifyReply, gateway: Gateway): Promise<FastifyReply> {
  const body = checked(acceptStatesBody, request.body, reply)
  if (body === 'refused') return reply
  const who = allowed(request, reply, 'configuration', gateway)?.name
  if (who === undefined) return reply
  const done = await gateway.acceptStates(who, body.reason)
  switch (done.kind) {
    case 'nothing-to-accept':
      return refuse(reply, 409, 'the stored states fit: there is nothing to accept', 'breakwall status names what else is wrong')
    case 'refused':
      return refuse(reply, 409, `the states cannot be accepted: ${done.why}`, 'look at the disk: breakwall status')
    case 'accepted': {
      const tags = gateway.tags.tags().tags.map(({ owner, on }) => ({ owner, on: on.kind === 'job' ? `job ${on.job}` : on.breaker }))
      const view: AcceptedView = { tags, masterLock: gateway.masterLock.state().on, faults: gateway.failClosed.faults() }
      return reply.send(view)
    }
  }
}

async function events(request: FastifyRequest, reply: FastifyReply, gateway: Gateway): Promise<FastifyReply> {
  if (allowed(request, reply, 'events', gateway) === undefined) return reply
  await gateway.journal.flush()
  const asked = checked(eventsQuery, request.query, reply)
  if (asked === 'refused') return reply
  const { after = 0, since, until, severity, wait, limit, ...exact } = asked
  const wanted: Query = {
    after,
    limit,
    newest: asked.after === undefined && since === undefined,
    ...(since === undefined ? {} : { sinceUs: Date.parse(since) * 1000 }),
    ...(until === undefined ? {} : { untilUs: Date.parse(until) * 1000 }),
    ...(severity === undefined ? {} : { mildest: eventSeverities.indexOf(severity) + 1 }),
    ...Object.fromEntries(Object.entries(exact).filter(([, value]) => value !== undefined)),
  }
  const found = await gateway.journal.queryText(wanted)
  if (found !== NO_RECORDS || wait === 0) return json(reply, found)
  await nextEvent(gateway, wait)
  return json(reply, await gateway.journal.queryText({ ...wanted, newest: false }))
}

/** An empty JSON array. */
const NO_RECORDS = '[]'
const json = (reply: FastifyReply, text: string): FastifyReply => reply.type('application/json; charset=utf-8').send(text)

function nextEvent(gateway: Gateway, seconds: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel()
      stop()
      resolve()
    }
    const cancel = gateway.clock.after(seconds * 1000, finish)
    const stop = gateway.journal.onCommitted((committed) => {
      if (committed.length > 0) finish()
    })
  })
}

/** When somebody who was refused may ask again, seconds. */
const RETRY_AFTER_S = 5

/** The export is on record before its first byte leaves. */
async function exportEvents(request: FastifyRequest, reply: FastifyReply, gateway: Gateway, exports: Exports): Promise<FastifyReply> {
  const who = allowed(request, reply, 'events', gateway)?.name
  if (who === undefined) return reply
  const asked = checked(exportQuery, request.query, reply)
  if (asked === 'refused') return reply
  const place = exports.reserve(who, asked.format)
  if (place === undefined) {
    void reply.header('retry-after', String(RETRY_AFTER_S))
    return refuse(
      reply,
      503,
      `another export is running (${describeRunning(exports, gateway)})`,
      'one runs at a time: try again when it is done',
    )
  }
  const order = await recordExport(who, asked, gateway).catch((error: unknown) => {
    place.release()
    throw error
  })
  if (order === 'unavailable') {
    place.release()
    return refuse(reply, 503, 'the journal cannot be written, so nothing is exported', 'look at the disk: breakwall status')
  }
  const started = place.start(order, reply.raw)
  if (started.kind === 'failed')
    return refuse(reply, 503, `the export did not start: ${started.why}`, 'look at the memory and the tasks of the machine, then try again')
  const [type, ending] = contentOf[asked.format]
  const stamp = order.madeUtc.slice(0, 19).replace(/[-:]/g, '')
  return reply
    .header('content-disposition', `attachment; filename="breakwall-events-${stamp}.${ending}"`)
    .header('x-breakwall-events', String(Math.max(0, order.last - order.first + 1)))
    .type(type)
    .send(started.stream)
}

const contentOf = {
  csv: ['text/csv; charset=utf-8', 'csv'],
  jsonl: ['application/x-ndjson', 'jsonl'],
  bundle: ['application/zip', 'zip'],
} as const

async function recordExport(
  subject: string,
  { format, bom, since, until }: z.infer<typeof exportQuery>,
  { journal, journalFile, clock }: Gateway,
): Promise<ExportOrder | 'unavailable'> {
  await journal.flush()
  const us = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : Date.parse(text) * 1000)
  const { first, last } = await journal.range(us(since, 0), us(until, Number.MAX_SAFE_INTEGER - 1))
  const count = Math.max(0, last - first + 1)
  const recorded = await journal.append(event('audit-exported', { subject, format, fromSeq: first, toSeq: last, count }))
  if (recorded === 'unavailable') return 'unavailable'
  const [record] = await journal.read(first - 1, 1)
  return {
    path: journalFile,
    format,
    bom: bom === 'yes',
    first,
    last,
    gateway: record?.gateway ?? '',
    madeUtc: new Date(clock.utcUs() / 1000).toISOString(),
    publicPem: journal.signing().publicPem,
  }
}

function describeRunning(exports: Exports, { clock }: Gateway): string {
  const running = exports.running()
  return running === 'none'
    ? 'it has just ended'
    : `${running.subject}, ${running.format}, for ${Math.round((clock.now() - running.sinceMs) / 1000)} s`
}

function exportView(exports: Exports, { clock }: Gateway): ExportView {
  const running = exports.running()
  if (running === 'none') return { kind: 'free' }
  const { subject, format, sinceMs } = running
  return { kind: 'running', subject, format, seconds: Math.round((clock.now() - sinceMs) / 1000) }
}
