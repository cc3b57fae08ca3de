import { z } from 'zod'
import { managementActions } from '../policy/index.ts'
import { DAY, HOUR, MINUTE, duration } from './duration.ts'

/** What each key of [people] and [console] expects. The names are those of the cybersecurity guide where it has one (DOCA0122EN). */
export const peopleExpectations: Readonly<Record<string, string>> = {
  people: 'a table [people]',
  'people.minimum-inactivity-period': 'a time from 1m to 60m after which an unused session ends, such as "5m"',
  'people.maximum-login-attempts': 'how many wrong log-ins are let through, from 3 to 10, such as 5',
  'people.locking-period': 'a time from 1m to 24h, such as "15m"',
  'people.password-length': 'the shortest password, from 10 to 64 characters, such as 12',
  'people.password-history': 'how many earlier passwords are not taken again, from 1 to 50, such as 10',
  'people.password-maximum-age': '"off", or a time from 1d to 1000d, such as "365d"',
  'people.pin-maximum-age': '"off", or a time from 1d to 1000d after which a PIN opens nothing until a new one is set, such as "365d"',
  'people.session-life': 'the longest that a session lasts, from 5m to 24h, such as "8h"',
  'people.sessions-per-user': 'how many sessions one user may have, from 1 to 20: 1 is one screen a user',
  'people.sessions': 'how many sessions there may be in all, from 1 to 500, such as 50',
  'people.second-factor': 'a list of roles that need a second factor, such as ["SecurityAdmin"]',
  'people.without-login': `what a user of this machine in the group of the socket may do without a log-in, out of ${managementActions.join(', ')}`,
  'people.panel': 'the user of this machine that the panel at the switchboard runs as, such as "kiosk"; only there a PIN is enough',
  'people.banner': 'a text that is shown before the log-in',
  console: 'a table [console]',
  'console.address': 'an address and a port for the pages, such as "10.20.0.5:8443"',
  'console.name': 'the name under which browsers reach the pages, such as "breakwall.plant7.example"; passkeys belong to it',
  'console.user': 'the user of this machine that the pages run as, such as "breakwall-console"',
  'console.certificate': 'a PEM file with the certificate of the pages and its chain, such as "pki/console.crt"',
  'console.key': 'a PEM file with its private key, such as "pki/console.key"',
  authority: 'a table [authority]',
  'authority.directory': 'the folder of the authority of this site, such as "pki"',
}

const defaults = {
  'minimum-inactivity-period': '5m',
  'maximum-login-attempts': 5,
  'locking-period': '15m',
  'password-length': 12,
  'password-history': 10,
  'password-maximum-age': 'off',
  'pin-maximum-age': '365d',
  'session-life': '8h',
  'sessions-per-user': 3,
  sessions: 50,
  'second-factor': [] as string[],
  'without-login': ['look', 'events', 'lock'] as ('look' | 'events' | 'lock')[],
  banner: '',
}

export const peopleSchema = z
  .strictObject({
    'minimum-inactivity-period': duration(MINUTE, HOUR).default(defaults['minimum-inactivity-period']),
    'maximum-login-attempts': z.int().min(3).max(10).default(defaults['maximum-login-attempts']),
    'locking-period': duration(MINUTE, DAY).default(defaults['locking-period']),
    // Never below the guide's 10 (DOCA0122EN, S-15).
    'password-length': z.int().min(10).max(64).default(defaults['password-length']),
    'password-history': z.int().min(1).max(50).default(defaults['password-history']),
    'password-maximum-age': z.union([z.literal('off'), duration(DAY, 1000 * DAY)]).default(defaults['password-maximum-age']),
    'pin-maximum-age': z.union([z.literal('off'), duration(DAY, 1000 * DAY)]).default(defaults['pin-maximum-age']),
    'session-life': duration(5 * MINUTE, DAY).default(defaults['session-life']),
    'sessions-per-user': z.int().min(1).max(20).default(defaults['sessions-per-user']),
    sessions: z.int().min(1).max(500).default(defaults.sessions),
    'second-factor': z.array(z.string()).default(defaults['second-factor']),
    'without-login': z.array(z.enum(managementActions)).default(defaults['without-login']),
    panel: z.string().min(1).max(32).optional(),
    banner: z.string().max(500).default(defaults.banner),
  })
  .default(defaults)

export const consoleSchema = z
  .strictObject({
    address: z.string(),
    name: z.string().min(1).max(253),
    user: z.string().min(1).max(32).default('breakwall-console'),
    certificate: z.string().min(1),
    key: z.string().min(1),
  })
  .optional()

export const authoritySchema = z.strictObject({ directory: z.string().min(1) }).optional()
