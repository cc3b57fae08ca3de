import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { event } from '../../../events/index.ts'
import type { Gateway } from '../../../gateway/index.ts'
import { readRegularFile } from '../../../platform/index.ts'
import { certificatesOf, certificatesOnly, issueCertificate, readRequest, rootsFile } from '../../../identity/index.ts'
import { callerOf, refuse } from '../caller.ts'

/** How long an enrolled certificate is valid, days: who enrols by itself renews by itself. */
const ENROLLED_DAYS = 90

/**
 * Enrolment in the manner of EST (RFC 7030) for programs that renew their certificates by themselves: `cacerts`, `simpleenroll`. A script's
 * token says which role it may ask for; the name is that of the script. The authority must be on this machine ([authority]).
 */
export function estRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.addContentTypeParser('application/pkcs10', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  /** One after the other: two that write the register at once would lose one of them. */
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
  const sendCertificates = (reply: FastifyReply, certificates: readonly Uint8Array[]): FastifyReply =>
    reply
      .type('application/pkcs7-mime; smime-type=certs-only')
      .header('content-transfer-encoding', 'base64')
      .send(`${Buffer.from(certificatesOnly(certificates)).toString('base64').replace(/.{64}/g, '$&\r\n')}\r\n`)

  app.get('/v1/est/cacerts', (_request, reply) => {
    const folder = gateway.site().authorityDirectory
    if (folder === '' || !existsSync(rootsFile(folder)))
      return refuse(reply, 404, 'there is no authority on this gateway', 'add [authority] to the configuration')
    return sendCertificates(
      reply,
      certificatesOf(readRegularFile(rootsFile(folder)).toString('utf8')).map(({ raw }) => raw),
    )
  })

  app.post('/v1/est/simpleenroll', async (request, reply) => {
    const caller = callerOf(request, gateway)
    const role = caller.kind === 'service' ? caller.service.enrols : ''
    if (caller.kind !== 'service' || role === '') {
      const reason = 'enrolment takes the token of a script that may enrol'
      gateway.journal.note(event('privilege-denied', { subject: caller.name, source: caller.source, operation: 'enrol', reason }))
      return refuse(reply, 401, reason, 'breakwall token add NAME --enrols ROLE')
    }
    const folder = gateway.site().authorityDirectory
    if (folder === '') return refuse(reply, 404, 'there is no authority on this gateway', 'add [authority] to the configuration')
    const bytes = requestBytes(request.body)
    const asked = bytes === undefined ? undefined : await readRequest(bytes)
    if (bytes === undefined || asked?.kind !== 'asked')
      return refuse(
        reply,
        400,
        `this is no certificate request: ${asked?.kind === 'no-request' ? asked.why : 'no body'}`,
        'expected PKCS#10, base64 or PEM',
      )
    const file = `${caller.name}.${Buffer.from(gateway.random.bytes(6)).toString('hex')}`
    const passphrase =
      gateway.authorityCredential === undefined ? '' : (readRegularFile(gateway.authorityCredential).toString('utf8').split('\n')[0] ?? '')
    const issued = await inTurn(() =>
      issueCertificate(
        { folder, passphrase, clock: gateway.clock, random: gateway.random },
        {
          name: file,
          subject: caller.name,
          purpose: { kind: 'client', role },
          days: ENROLLED_DAYS,
          source: { kind: 'request', bytes },
          bundlePassphrase: '',
        },
      ),
    )
    if ('kind' in issued) return refuse(reply, 503, issued.why, issued.hint)
    const { name: subject, source } = caller
    gateway.journal.note(event('certificate-enrolled', { subject, source, user: caller.name, role, reason: issued.serial }))
    return sendCertificates(reply, [new X509Certificate(readRegularFile(join(issued.certificateFile))).raw])
  })
}

/** PKCS#10 as EST sends it (base64 without a head), as PEM or as DER. */
function requestBytes(body: unknown): Uint8Array | undefined {
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined
  const text = body.toString('latin1').trim()
  return !text.includes('-----BEGIN') && /^[A-Za-z0-9+/=\s]+$/.test(text) ? Buffer.from(text, 'base64') : body
}
