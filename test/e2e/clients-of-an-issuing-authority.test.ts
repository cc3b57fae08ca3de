import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { connectScada } from '../../hil/demo/scada.ts'
import { loadSite } from '../../src/config/index.ts'
import * as c from '../support/chains.ts'
import { integer, utcTime } from '../support/der.ts'
import { sClient, skipWithoutOpenssl } from '../support/openssl.ts'
import { type World, createWorld, exchange } from '../support/world.ts'

const READ = '000100000006' + '0403' + '2edf0001'
/** Q4 is told to close. */
const CLOSE = '00010000002f' + '0410' + '1f3f001428' + '0389000a15010001' + '0000'.repeat(13) + '1f531f541f55'
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

/** A company's PKI: a root, the authority that issues, and a client of it. Others are beside it, each with one thing wrong. */
function company() {
  const root = c.certify({ name: 'company root', extensions: [c.basic(true), c.CA[1] ?? c.basic(true)] })
  const issuing = c.certify({ name: 'issuing', by: root, extensions: c.CA })
  const other = c.certify({ name: 'other root', extensions: c.CA })
  const leaf = (name: string, by: c.Made) => c.certify({ name, by, extensions: c.LEAF })
  const between = (name: string, more: Partial<c.Certificate>) => c.certify({ name, by: root, extensions: c.CA, ...more })
  return {
    root,
    issuing,
    other,
    client: leaf('plant-1', issuing),
    cross: c.certify({ name: 'issuing', by: other, extensions: c.CA }),
    old: c.certify({ name: 'issuing', by: root, extensions: c.CA, until: utcTime('260501000000Z') }),
    'no authority': between('no authority', { extensions: [c.basic(false)] }),
    'no certificates': between('no certificates', { extensions: [c.basic(true), c.usage(c.USAGE.crlSign)] }),
    'out of date': between('out of date', { until: utcTime('260501000000Z') }),
    'for servers': between('for servers', { extensions: [...c.CA, c.purposes('1.3.6.1.5.5.7.3.1')] }),
    'length 0': between('length 0', { extensions: [c.basic(true, 0), c.usage(c.USAGE.certSign)] }),
    leaf,
  }
}

async function companyWorld(t: Test, clients: readonly c.Made[], more = '') {
  const world = await createWorld()
  t.teardown(() => world.close())
  writeFileSync(join(world.paths.pki, 'company.crt'), clients.map(({ pem }) => pem).join(''))
  const { port, gateway } = await world.start((toml) => toml.replace('clients = "pki/site-ca.crt"', `clients = "pki/company.crt"\n${more}`))
  return { world, port, gateway }
}

/** One connection: what a read was answered, or `refused`; with the session, for the next. */
async function attempt(world: World, port: number, [own, ...beside]: readonly c.Made[], options: ConnectionOptions = {}, request = READ) {
  const socket = connect({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca: readFileSync(join(world.paths.pki, 'site-ca.crt')),
    cert: [own, ...beside].map((one) => one?.pem ?? '').join(''),
    key: own?.keyPem ?? '',
    ...options,
  })
  socket.on('error', () => undefined)
  let session: Buffer | undefined
  socket.on('session', (next) => (session = next))
  const answer = await new Promise<string>((resolve) => {
    socket.on('close', () => resolve('closed'))
    socket.on('secureConnect', () => void exchange(socket, request).then(resolve))
  })
  const reused = socket.isSessionReused()
  socket.destroy()
  return { answer: /^0001.*0403/.test(answer) ? 'answered' : 'refused', reused, session }
}

const DELTA = c.extension('2.5.29.27', integer('01'), true)
const FAR = utcTime('361231000000Z')
/** Waits for the event of a handshake that failed for this reason; equal ones are counted in one event. */
const failure = (world: World, reason: RegExp) =>
  world.heard(({ id, data }) => id === 'tls-handshake-failed' && reason.test(data['reason'] ?? ''))

t.test('with the root alone in `clients`, a client that sends its issuing authority gets in, resumed too [CR 1.8] [CR 1.9]', async (t) => {
  const pki = company()
  const { client, issuing, root, other, old, cross } = pki
  const { world, port, gateway } = await companyWorld(t, [root])
  const unrelated = c.certify({ name: 'unrelated', by: other, extensions: c.LEAF })
  const sent: readonly (readonly [string, readonly c.Made[]])[] = [
    ['the usual', [client, issuing]],
    ['with the root', [client, issuing, root]],
    ['in another order, with others', [client, unrelated, root, other, issuing]],
    ['cross-signed: first by the root that is trusted', [client, issuing, cross]],
    ['one that is out of date, and its successor with the same key', [client, old, issuing]],
  ]
  for (const maxVersion of VERSIONS) {
    for (const [what, chain] of sent) {
      const first = await attempt(world, port, chain, { maxVersion })
      t.match(first, { answer: 'answered', reused: false }, `${maxVersion}, ${what}`)
      t.match(
        await attempt(world, port, chain, { maxVersion, session: first.session }),
        { answer: 'answered', reused: true },
        `${maxVersion}, ${what}, resumed`,
      )
    }
    t.equal((await attempt(world, port, [client], { maxVersion })).answer, 'refused', 'without the issuing authority')
  }
  await failure(world, /^unknown authority$/)

  const { session } = await attempt(world, port, [client, issuing])
  const loaded = loadSite(world.paths.config)
  if (loaded.kind === 'problems') throw new Error('the configuration does not load')
  await gateway.reload(loaded.site, 'ana')
  writeFileSync(join(world.paths.pki, 'company.crt'), root.pem + other.pem)
  t.match(await gateway.reload(loaded.site, 'ana'), { kind: 'reloaded' })
  t.match(
    await attempt(world, port, [client, issuing], { session }),
    { answer: 'answered', reused: false },
    'after a reload nothing is resumed: the chain comes again',
  )
})

t.test('an authority in between that is not in order lets nobody in [CR 1.9]', async (t) => {
  const pki = company()
  const { world, port } = await companyWorld(t, [pki.root])
  const table: readonly (readonly [string, readonly c.Made[], RegExp])[] = [
    ['no authority', [pki.leaf('under', pki['no authority']), pki['no authority']], /an authority|critical extension/],
    ['no certificates', [pki.leaf('under', pki['no certificates']), pki['no certificates']], /an authority|critical extension/],
    ['out of date', [pki.leaf('under', pki['out of date']), pki['out of date']], /expired/],
    ['for servers', [pki.leaf('under', pki['for servers']), pki['for servers']], /not for clients/],
    [
      'length 0',
      (() => {
        const below = c.certify({ name: 'below', by: pki['length 0'], extensions: c.CA })
        return [pki.leaf('under', below), below, pki['length 0']]
      })(),
      /an authority|critical extension/,
    ],
  ]
  for (const [what, chain, reason] of table)
    for (const maxVersion of VERSIONS) {
      t.equal((await attempt(world, port, chain, { maxVersion })).answer, 'refused', `${maxVersion}, ${what}`)
      await failure(world, reason)
    }
  t.equal((await attempt(world, port, [pki.client, pki.issuing])).answer, 'answered')

  const named = c.certify({ name: 'named', by: pki.root, extensions: [...c.CA, c.role('Operator')] })
  const bare = c.certify({ name: 'no-role', by: named, extensions: c.LEAF.slice(0, 3) })
  await attempt(world, port, [bare, named])
  t.match(await world.heard(({ id }) => id === 'role-missing'), { data: { subject: 'no-role' } }, 'a role is that of the client only')
})

t.test('the issuing authority alone in `clients` is enough, with the root it is a step below it [CR 1.9]', async (t) => {
  const { client, issuing, root, other, cross } = company()
  for (const [what, clients, chains] of [
    ['the issuing authority alone', [issuing], [[client], [client, issuing], [client, issuing, root]]],
    ['both', [root, issuing], [[client], [client, issuing], [client, cross]]],
    [
      'cross-signed, by the other root only',
      [other],
      [
        [client, cross],
        [client, cross, issuing],
      ],
    ],
  ] as const) {
    const { world, port } = await companyWorld(t, clients)
    for (const chain of chains)
      for (const maxVersion of VERSIONS) {
        const first = await attempt(world, port, chain, { maxVersion })
        t.equal(first.answer, 'answered', `${what}, ${chain.length} sent, ${maxVersion}`)
        t.match(await attempt(world, port, chain, { maxVersion, session: first.session }), { answer: 'answered', reused: true })
      }
    t.equal(
      (await attempt(world, port, [c.certify({ name: 'x', by: root, extensions: c.LEAF })])).answer,
      what === 'both' ? 'answered' : 'refused',
    )
  }
})

t.test('lists of the root and of the issuing authority are both honoured [CR 1.9]', async (t) => {
  const { client, issuing, root, leaf } = company()
  const lists = 'revocation = ["pki/root.crl", "pki/issuing.crl"]\nstale-revocation = "refuse"\n'
  const at = (world: World, name: string): string => join(world.paths.pki, name)
  const world = await createWorld()
  t.teardown(() => world.close())
  const gone = leaf('plant-2', issuing)
  writeFileSync(at(world, 'company.crt'), root.pem + issuing.pem)
  writeFileSync(at(world, 'root.crl'), c.revoke({ by: root, until: FAR }).pem)
  writeFileSync(at(world, 'issuing.crl'), c.revoke({ by: issuing, until: FAR, revoked: [c.serialOf(gone)] }).pem)
  const { port } = await world.start((toml) => toml.replace('clients = "pki/site-ca.crt"', `clients = "pki/company.crt"\n${lists}`))
  const first = await attempt(world, port, [client, issuing])
  t.equal(first.answer, 'answered')
  t.equal((await attempt(world, port, [gone, issuing])).answer, 'refused', 'the leaf is revoked')
  await failure(world, /^plant-2: the certificate is revoked$/)
  const taken = c.revoke({ by: issuing, until: FAR, from: utcTime('260602000000Z'), number: '02', extensions: [DELTA] })
  writeFileSync(at(world, 'issuing.crl'), taken.pem)
  t.match(await world.heard(({ id }) => id === 'crl-refused'), { data: { subject: 'issuing.crl', reason: /delta list/ } })
  t.equal((await attempt(world, port, [gone, issuing])).answer, 'refused', 'a delta list takes no revocation back')
  const newer = c.revoke({ by: root, until: FAR, from: utcTime('260602000000Z'), number: '02', revoked: [c.serialOf(issuing)] })
  writeFileSync(at(world, 'root.crl'), newer.pem)
  await world.heard(({ id, data }) => id === 'crl-updated' && data['subject'] === 'company root' && data['count'] === '1')
  for (const session of [undefined, first.session])
    t.equal((await attempt(world, port, [client, issuing], { session })).answer, 'refused', 'its authority is')
})

t.test('without a list of the issuing authority a client reads only, and each word about it names that cause [CR 1.9]', async (t) => {
  const { client, issuing, root } = company()
  const world = await createWorld()
  t.teardown(() => world.close())
  writeFileSync(join(world.paths.pki, 'company.crt'), root.pem)
  writeFileSync(join(world.paths.pki, 'root.crl'), c.revoke({ by: root, until: FAR }).pem)
  const { port, gateway } = await world.start((toml) =>
    toml.replace('clients = "pki/site-ca.crt"', 'clients = "pki/company.crt"\nrevocation = ["pki/root.crl"]'),
  )
  await gateway.locks.unlock('Q4', 'control', { forMs: 60_000, by: 'ana', reason: 'test of lists', workOrder: '', seen: 'any' })
  t.equal((await attempt(world, port, [client, issuing])).answer, 'answered', 'reading goes on')
  t.equal((await attempt(world, port, [client, issuing], {}, CLOSE)).answer, 'refused')
  t.match(await world.heard(({ id }) => id === 'connection-opened'), {
    data: { reason: 'level read: there is no current revocation list of issuing' },
  })
  t.match(await world.heard(({ id }) => id === 'operation-denied'), {
    data: { reason: 'revocation-unknown: there is no current revocation list of issuing' },
  })
  t.match(await world.heard(({ id }) => id === 'crl-stale'), { data: { subject: 'issuing', reason: /none in `revocation`/ } })
  t.equal(world.received.filter(({ id }) => id === 'crl-stale').length, 1, 'once for the authority, not for each connection')
})

t.test(
  'OpenSSL, modbus-serial and Java come with an issuing authority too [CR 1.8]',
  { skip: skipWithoutOpenssl, timeout: 240_000 },
  async (t) => {
    const { client, issuing, root } = company()
    const { world, port } = await companyWorld(t, [root])
    const at = (name: string): string => join(world.paths.pki, name)
    writeFileSync(at('plant.crt'), client.pem + issuing.pem)
    writeFileSync(at('plant.key'), client.keyPem)
    writeFileSync(at('issuing.crt'), issuing.pem)
    writeFileSync(at('leaf.crt'), client.pem)

    const scada = await connectScada({ host: '127.0.0.1', port, ca: at('site-ca.crt'), cert: at('plant.crt'), key: at('plant.key') })
    scada.setID(4)
    t.equal((await scada.readHoldingRegisters(11999, 1)).data.length, 1, 'modbus-serial')
    scada.close(() => undefined)

    const files = ['-CAfile', at('site-ca.crt'), '-cert', at('leaf.crt'), '-cert_chain', at('issuing.crt'), '-key', at('plant.key')]
    for (const version of ['-tls1_2', '-tls1_3']) {
      const said = await sClient(
        port,
        [...files, version, '-quiet', '-no_ign_eof'],
        [
          { after: /./, text: Buffer.from(READ, 'hex').toString('latin1') },
          { after: /\x04\x03/, text: 'Q\n' },
        ],
      )
      t.match(said, /verify return:1/, version)
    }

    await t.test('Java', { skip: spawnSync('java', ['-version']).status === 0 ? false : 'no Java here' }, async (t) => {
      const password = 'changeit-123'
      execFileSync('openssl', [
        ...['pkcs12', '-export', '-in', at('leaf.crt'), '-inkey', at('plant.key'), '-certfile', at('issuing.crt')],
        ...['-out', at('plant.p12'), '-passout', `pass:${password}`],
      ])
      writeFileSync(at('Client.java'), JAVA)
      for (const version of VERSIONS) {
        const { stdout } = await promisify(execFile)('java', [
          at('Client.java'),
          at('plant.p12'),
          password,
          at('site-ca.crt'),
          String(port),
          version,
        ])
        t.equal(stdout.trim(), `${version} answered, resumed answered`)
      }
    })
  },
)

/** Reads one register over two connections of one context, the second resumes. */
const JAVA = `
import java.io.*; import java.nio.file.*; import java.security.*; import java.security.cert.*; import java.util.*; import javax.net.ssl.*;
public class Client {
  public static void main(String[] a) throws Exception {
    KeyStore own = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(Path.of(a[0]))) { own.load(in, a[1].toCharArray()); }
    KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
    keys.init(own, a[1].toCharArray());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (InputStream in = Files.newInputStream(Path.of(a[2]))) {
      trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    byte[] request = HexFormat.of().parseHex("${READ}");
    List<String> said = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", Integer.parseInt(a[3]))) {
        socket.setEnabledProtocols(new String[] { a[4] });
        long before = System.currentTimeMillis();
        socket.startHandshake();
        socket.getOutputStream().write(request);
        byte[] answer = socket.getInputStream().readNBytes(11);
        boolean reused = socket.getSession().getCreationTime() < before;
        said.add((reused ? "resumed " : "") + (answer.length == 11 && answer[7] == 3 ? "answered" : "refused"));
      }
    }
    System.out.println(a[4] + " " + String.join(", ", said));
  }
}
`
