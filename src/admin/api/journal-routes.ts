import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { event } from '../../events/index.ts'
import type { Gateway } from '../../gateway/index.ts'
import { BYTE_ORDER_MARK, type Query, type Row, csvHeader, csvLine, exportBundle, toRecord } from '../../journal/index.ts'
import { type AcceptedView, type VerifyView, acceptStatesBody, eventSeverities, eventsQuery, exportQuery } from '../contract.ts'
import { allowed, refuse } from './caller.ts'
import { checked } from './checked.ts'

/** What happened: to read, to check and to take along. */
export function journalRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.get('/v1/events', (request, reply) => events(request, reply, gateway))
  app.post('/v1/journal/verify', (request, reply) => {
    const who = allowed(request, reply, 'events', gateway)?.name
    if (who === undefined) return reply
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson' })
    const line = (view: VerifyView): void => void reply.raw.write(`${JSON.stringify(view)}\n`)
    void gateway.keeper
      .verify(who, (done, of) => line({ done, of }))
      .catch((error: unknown) => ({ kind: 'unreadable' as const, what: String(error) }))
      .then((verified) => {
        line({ verified })
        reply.raw.end()
      })
    return reply
  })
  app.post('/v1/journal/accept-states', (request, reply) => acceptStates(request, reply, gateway))
  app.get('/v1/export', (request, reply) => exportEvents(request, reply, gateway))
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
      const view: AcceptedView = { tags, masterLock: gateway.masterLock.state().on, faults: gateway.trust.faults() }
      return reply.send(view)
    }
  }
}

async function events(request: FastifyRequest, reply: FastifyReply, gateway: Gateway): Promise<unknown> {
  if (allowed(request, reply, 'events', gateway) === undefined) return reply
  await gateway.journal.flush()
  const asked = checked(eventsQuery, request.query, reply)
  if (asked === 'refused') return reply
  const { after = 0, since, until, severity, wait, limit, ...exact } = asked
  const wanted: Query = {
    ...{ after, limit, newest: asked.after === undefined && since === undefined },
    ...(since === undefined ? {} : { sinceUs: Date.parse(since) * 1000 }),
    ...(until === undefined ? {} : { untilUs: Date.parse(until) * 1000 }),
    ...(severity === undefined ? {} : { mildest: eventSeverities.indexOf(severity) + 1 }),
    ...Object.fromEntries(Object.entries(exact).filter(([, value]) => value !== undefined)),
  }
  const found = await gateway.journal.query(wanted)
  if (found.length > 0 || wait === 0) return found
  await nextEvent(gateway, wait)
  return gateway.journal.query({ ...wanted, newest: false })
}

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

const PORTION = 500

/** The export is on record before its first byte leaves. */
async function exportEvents(request: FastifyRequest, reply: FastifyReply, gateway: Gateway): Promise<FastifyReply> {
  const who = allowed(request, reply, 'events', gateway)?.name
  if (who === undefined) return reply
  const asked = checked(exportQuery, request.query, reply)
  if (asked === 'refused') return reply
  const { journal, clock } = gateway
  await journal.flush()
  const us = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : Date.parse(text) * 1000)
  const { first, last } = await journal.range(us(asked.since, 0), us(asked.until, Number.MAX_SAFE_INTEGER - 1))
  const count = Math.max(0, last - first + 1)
  const recorded = await journal.append(event('audit-exported', { subject: who, format: asked.format, fromSeq: first, toSeq: last, count }))
  if (recorded === 'unavailable')
    return refuse(reply, 503, 'the journal cannot be written, so nothing is exported', 'look at the disk: breakwall status')

  async function* rows(): AsyncGenerator<readonly Row[]> {
    for (let at = first - 1; at < last;) {
      const portion = (await journal.rows(at, PORTION)).filter(({ seq }) => seq <= last)
      if (portion.length === 0) return
      yield portion
      at = portion.at(-1)?.seq ?? last
    }
  }
  const stamp = new Date(clock.utcUs() / 1000).toISOString().slice(0, 19).replace(/[-:]/g, '')
  const as = (type: string, ending: string, content: NodeJS.ReadableStream): FastifyReply =>
    reply
      .header('content-disposition', `attachment; filename="breakwall-events-${stamp}.${ending}"`)
      .header('x-breakwall-events', String(count))
      .type(type)
      .send(content)
  switch (asked.format) {
    case 'csv':
      return as('text/csv; charset=utf-8', 'csv', Readable.from(csv(rows(), asked.bom === 'yes')))
    case 'jsonl':
      return as('application/x-ndjson', 'jsonl', Readable.from(jsonLines(rows())))
    case 'bundle': {
      const made = { from: first, to: last, madeUtc: new Date(clock.utcUs() / 1000).toISOString() }
      const [record] = await journal.read(first - 1, 1)
      return as(
        'application/zip',
        'zip',
        exportBundle({ ...made, gateway: record?.gateway ?? '', publicPem: journal.publicPem, rows, sign: (text) => journal.sign(text) }),
      )
    }
  }
}

async function* csv(rows: AsyncIterable<readonly Row[]>, mark: boolean): AsyncGenerator<string> {
  yield `${mark ? BYTE_ORDER_MARK : ''}${csvHeader()}`
  for await (const portion of rows) yield portion.map(({ body }) => csvLine(toRecord(body))).join('')
}

async function* jsonLines(rows: AsyncIterable<readonly Row[]>): AsyncGenerator<string> {
  for await (const portion of rows) yield portion.map(({ body }) => `${JSON.stringify(toRecord(body))}\n`).join('')
}
