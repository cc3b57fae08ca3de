import { z } from 'zod'
import { operationClasses } from '../breakers/index.ts'
import { accessLevels, checkRange, managementActions, modes } from '../policy/index.ts'
import { HOUR, MINUTE, duration } from './duration.ts'
import { toHours } from './hours.ts'
import { endpoint } from './endpoint.ts'
import { keySwitchExpectations, keySwitchSchema } from './key-switches.ts'
import { guardExpectations, guardSchema, locksSchema } from './guard-schema.ts'
import { journalSchema, sinkExpectations, sinkSchema } from './sink-schema.ts'
import { authoritySchema, consoleSchema, peopleExpectations, peopleSchema } from './people-schema.ts'

/** What each key expects, with an example: one table for the mistakes and for the annotated file. Paths without array indexes. */
export const expectations: Readonly<Record<string, string>> = {
  site: 'a table [site] with the name of the site',
  'site.name': 'the name of the site, such as "Plant 7, main switchboard"',
  'site.working-hours':
    'a list of days and times of this machine, such as ["Mon-Fri 06:00-18:00", "Sat 22:00-06:00"], the last one over midnight',
  'site.mode': '"enforce", or "observe" to let everything pass as before and to tell what would have been refused',
  'site.emergency-open': 'true, where people with the right may open a breaker whatever is locked or tagged',
  'site.own-unit': 'the unit id under which the gateway itself answers: 255, 1 to 247, or "none"',
  state: 'a table [state]',
  'state.directory': 'a folder for the journal and the locks, such as "/var/lib/breakwall"',
  api: 'a table [api]',
  'api.socket': 'the path of the socket for the command line, such as "/run/breakwall/api.sock"',
  vault: 'a table [vault]',
  'vault.file': 'a file for the passwords of the breakers, encrypted, such as "/var/lib/breakwall/vault"',
  'vault.key': 'a file of mode 0600 with the key of the vault, such as "vault.key"',
  listener: 'at least one [[listener]] for SCADA',
  'listener.name': 'a name of letters, digits, - and _, such as "scada"',
  'listener.address': 'an address and a port, such as "10.20.0.5:802" or "[2001:db8::5]:802"',
  'listener.certificate':
    'a PEM file with the gateway\'s certificate and its chain, such as "pki/gateway.crt", or a list of two: one EC, one RSA',
  'listener.key': 'a PEM file with the private key, such as "pki/gateway.key", or a list in the order of the certificates',
  'listener.revocation': 'a list of PEM or DER files with revocation lists of the authorities in clients, such as ["pki/site-ca.crl"]',
  'listener.stale-revocation': '"refuse", "read" or "admit": what clients get whose authority has no current revocation list',
  'listener.connections': 'how many connections there may be, from 1 to 1024, such as 256',
  'listener.connections-per-address': 'how many of them one address may have, from 1 to 1024, such as 64',
  'listener.handshakes-per-second': 'how many connections one address may open each second, from 1 to 10000, such as 20',
  'listener.handshake-timeout': 'how long a TLS handshake may take, from 1s to 60s, such as "10s"',
  'listener.idle-timeout': 'how long a connection may be without a request, from 10s to 24h, such as "10m"',
  'listener.clear-text': '"read-only", for clients that know no TLS: everybody on the network can read along and pretend to be them',
  'listener.role': 'the role of all who come in the clear, such as "Viewer"',
  'listener.clients': 'a PEM file with the authorities whose clients may come, such as "pki/site-ca.crt"',
  'listener.in-flight': 'how many requests of one connection are worked on at a time, from 1 to 16, such as 12',
  access: 'at least one [[access]]: without one nobody can connect',
  'access.from': 'an address range, such as "10.20.0.16/28", "10.20.0.17" or "2001:db8:20::/64"',
  'access.level': '"none", "read" or "control"',
  'access.listener': 'the name of a [[listener]], such as "scada"',
  'access.breakers': 'a list of breakers that this entry is for, such as ["Q1", "Q2"]',
  bus: 'at least one [[bus]]',
  'bus.name': 'a name of letters, digits, - and _, such as "rs485-1"',
  'bus.port': 'a serial port, such as "/dev/serial/by-id/usb-FTDI_USB-RS485_A1-if00-port0"',
  'bus.baud': '1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200',
  'bus.format': '"8E1", "8O1", "8N2" or "8N1"',
  'bus.echo': '"auto", "yes" or "no": whether the adapter hears its own sending',
  'bus.direction': '"adapter", "kernel" or "rts": who turns the driver of a two-wire line',
  'bus.read-retries': 'how often a read without a reply is asked again, from 0 to 3',
  'bus.longest-wait': 'the longest that a request waits for its turn, from 100ms to 60s, such as "3s"',
  'bus.connections': 'how many connections to the interface are kept, from 1 to 8',
  'bus.in-flight': 'how many requests one connection carries at a time, from 1 to 16',
  'bus.certificate': 'a PEM file with the certificate that the gateway shows the interface, such as "pki/gateway-client.crt"',
  'bus.key': 'a PEM file with the private key for it, such as "pki/gateway-client.key"',
  'bus.devices': 'a PEM file with the authority that signs the certificates of devices, such as "pki/devices-ca.crt"',
  'bus.pinned': 'a PEM file with the one certificate that the interface has, such as "pki/ife-3.crt", in place of devices',
  'bus.server-name': 'the name in the certificate of the interface, such as "ife-3.plant7.example"',
  'bus.address': 'the address and port of a Modbus TCP interface, such as "10.30.0.11:502"',
  'bus.unwanted-services': 'a list of TCP ports that the interface should not have open, such as [21, 23, 80]',
  'bus.reply-timeout': 'a time from 50ms to 30s, such as "600ms"',
  breaker: 'at least one [[breaker]]',
  'breaker.name': 'a name of letters, digits, - and _, such as "Q1"',
  'breaker.label': 'a text for people, such as "Pump 1"',
  'breaker.unit': 'a unit id from 1 to 247, such as 12',
  'breaker.bus': 'the name of a [[bus]], such as "rs485-1"',
  'breaker.address': 'what the bus addresses: 1 to 247, or 255 on an Ethernet interface',
  'breaker.freshness': '"off", or "profile" to answer reads from memory for as long as its profile says that they stay new',
  'breaker.group': 'the name of a group that roles can be given, such as "feeders"',
  'breaker.mode': '"enforce" or "observe"; left out: that of the site',
  'breaker.account':
    'the user name of a MicroLogic Active, 1 to 32 characters, such as "SecurityAdmin", which it leaves the factory with: its password must not contain it',
  'breaker.profile': 'the name of a profile, such as "nsx-bscm"',
  roles: 'at least one [roles.NAME]',
  'roles.*.may': `a list of operation classes out of ${operationClasses.slice(0, 7).join(', ')}, such as ["monitor", "control"]`,
  'roles.*.grant': 'a list of classes out of its own that each need a grant, such as ["protection-setting"]',
  'roles.*.breakers': 'a list of names or groups of breakers that all rights of the role are for, such as ["Q1", "feeders"]',
  'roles.*.manage': `a list of what it may do with the gateway, out of ${managementActions.join(', ')}`,
  ...guardExpectations,
  ...keySwitchExpectations,
  ...peopleExpectations,
  ...sinkExpectations,
}

const name = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)
const file = z.string().min(1)

const ofEachBus = {
  name,
  'reply-timeout': duration(50, 30_000).default('600ms'),
  'read-retries': z.int().min(0).max(3).default(1),
  'longest-wait': duration(100, 60_000).default('3s'),
}

const serialBus = z.strictObject({
  ...ofEachBus,
  port: file,
  baud: z.union([1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200].map((rate) => z.literal(rate))).default(19200),
  format: z.enum(['8E1', '8O1', '8N2', '8N1']).default('8E1'),
  echo: z.enum(['auto', 'yes', 'no']).default('auto'),
  direction: z.enum(['adapter', 'kernel', 'rts']).default('adapter'),
})
const tcpBus = z.strictObject({
  ...ofEachBus,
  address: endpoint,
  connections: z.int().min(1).max(8).default(1),
  // An IFE takes 12 on each of its 8 to 16 connections (DOCA0142EN, DOCA0084EN).
  'in-flight': z.int().min(1).max(16).default(12),
  certificate: file.optional(),
  key: file.optional(),
  devices: file.optional(),
  pinned: file.optional(),
  'server-name': z.string().min(1).max(253).optional(),
  // FTP, Telnet and HTTP: the guide has them switched off (DOCA0122EN, S-33).
  'unwanted-services': z.array(z.int().min(1).max(65_535)).max(16).default([21, 23, 80]),
})
/** The keys that a bus in TLS has, all of them. */
export const busTlsKeys = ['certificate', 'key'] as const

const ofEachListener = {
  name,
  address: endpoint,
  // Beyond it the connection is not read further (TCP guide V1.0b, 4.4: 1 to 16).
  'in-flight': z.int().min(1).max(16).default(12),
  connections: z.int().min(1).max(1024).default(256),
  'connections-per-address': z.int().min(1).max(1024).default(64),
  'handshakes-per-second': z.int().min(1).max(10_000).default(20),
  'idle-timeout': duration(10_000, 24 * HOUR).default('10m'),
}
const files = z.union([file, z.array(file).min(1).max(2)])
const tlsListener = z.strictObject({
  ...ofEachListener,
  certificate: files,
  key: files,
  clients: file,
  revocation: z.array(file).max(32).default([]),
  'stale-revocation': z.enum(['refuse', 'read', 'admit']).default('read'),
  'handshake-timeout': duration(1000, MINUTE).default('10s'),
})
const clearListener = z.strictObject({ ...ofEachListener, 'clear-text': z.literal('read-only'), role: z.string().min(1).max(64) })

/** The shape of breakwall.toml. What belongs together across keys is checked in `load.ts`. */
export const siteSchema = z.strictObject({
  site: z.strictObject({
    name: z.string().min(1).max(64),
    mode: z.enum(modes).default('enforce'),
    'emergency-open': z.boolean().default(false),
    'own-unit': z.union([z.int().min(1).max(247), z.literal(255), z.literal('none')]).default(255),
    'working-hours': z.array(z.string().refine((text) => toHours(text) !== undefined)).default([]),
  }),
  state: z.strictObject({ directory: file }).default({ directory: '/var/lib/breakwall' }),
  api: z.strictObject({ socket: file }).default({ socket: '/run/breakwall/api.sock' }),
  vault: z.strictObject({ file: file.optional(), key: file.default('vault.key') }).default({ key: 'vault.key' }),
  listener: z.array(z.union([tlsListener, clearListener])).min(1),
  access: z
    .array(
      z.strictObject({
        from: z.string().refine((text) => checkRange(text) === 'fine'),
        level: z.enum(accessLevels),
        listener: name.optional(),
        breakers: z.array(name).min(1).optional(),
      }),
    )
    .min(1),
  bus: z.array(z.union([serialBus, tcpBus])).min(1),
  breaker: z
    .array(
      z.strictObject({
        name,
        label: z.string().max(64).default(''),
        unit: z.int().min(1).max(247),
        bus: name,
        address: z.int().min(1).max(255).optional(),
        profile: name,
        group: name.optional(),
        account: z.string().min(1).max(32).optional(),
        mode: z.enum(modes).optional(),
        freshness: z.enum(['off', 'profile']).default('off'),
      }),
    )
    .min(1),
  roles: z.record(
    z.string().min(1).max(64),
    z.strictObject({
      may: z.array(z.enum(operationClasses.slice(0, 7))).default([]),
      grant: z.array(z.enum(operationClasses.slice(0, 7))).default([]),
      breakers: z.array(name).optional(),
      manage: z.array(z.enum(managementActions)).optional(),
    }),
  ),
  people: peopleSchema,
  console: consoleSchema,
  authority: authoritySchema,
  locks: locksSchema,
  guard: z.array(guardSchema).max(100).default([]),
  'key-switch': z.array(keySwitchSchema).max(20).default([]),
  journal: journalSchema,
  sink: z.array(sinkSchema).default([]),
})
export type SiteFile = z.infer<typeof siteSchema>
