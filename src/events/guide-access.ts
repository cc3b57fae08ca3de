import type { accessEvents } from './catalogue-access.ts'
import { type Guide, g } from './guidance.ts'

const nothing = 'Nothing, unless nobody expected it.'
const agreed = 'Ask whether it was agreed.'

export const accessGuide = {
  'config-reloaded': g('Another configuration is in force; the keys that changed are named.', agreed, 'T0836'),
  'config-rejected': g('A configuration was not taken. The old one stays in force.', 'Look at the reason with the OT engineer.'),
  'connection-refused-acl': g(
    'An address that is not on the list tried to connect.',
    'Find the machine: a scan, or a forgotten client.',
    'T0846',
  ),
  'connection-limit': g(
    'Too many connections, of one address or in all.',
    'Look at the client: a flood, or one that never closes.',
    'T0814',
  ),
  'connection-opened': g('A client with a valid certificate is connected.', nothing, 'T0822'),
  'connection-closed': g('A client has left; with how much it asked.', nothing),
  'tls-handshake-failed': g(
    'A connection from a listed address had no valid certificate, or its TLS is wrong.',
    'Once: an expired certificate or an old client. Often, or with many reasons: an attempt.',
    'T0846',
  ),
  'role-missing': g('A certificate without a role connected.', 'Issue one with a role; until then it has the rights of NULL.'),
  'role-invalid': g(
    'The role in a certificate cannot be read: the connection is refused. Or the site has no such role: it stands without rights.',
    'Find out who issued it. Where the role differs only in case, issue another certificate, or correct [roles].',
    'T0859',
  ),
  'privilege-denied': g(
    'Somebody asked the gateway for what their role does not allow.',
    'Ask the person; look at what else they did.',
    'T0859',
  ),
  'access-withdrawn': g('An open connection was ended, because what it may do was taken away.', nothing),
  'plaintext-listener-on': g(
    'Clients may read without TLS here.',
    'Plan the end of it: everybody on that network can read along.',
    'T0842',
  ),
  'vault-opened': g('The passwords of the breakers can be used.', nothing),
  'vault-closed': g('The vault cannot be opened: commands that need a password are denied.', 'Look at its key and file.', 'T0814'),
  'secrets-not-recorded': g(
    "The file of the users, or of the breakers' passwords, is not the one that the journal recorded last. It is used as it is: it opens with its key, so this gateway wrote it once.",
    'After a backup was brought back this is expected: compare the users or the passwords with what they should be. Otherwise somebody who can write the disk has put an older copy there: a user who was disabled may be active again.',
    'T0872',
  ),
  'vault-changed': g("A breaker's password, or the key of the vault, was changed.", agreed, 'T0892'),
  'vault-default-password': g(
    'A breaker has the password that it left the factory with.',
    'Change it at the breaker, then in the vault.',
    'T0812',
  ),
  'vault-used': g('A password was put into a command that had been allowed.', nothing),
  'vault-password-old': g('A password of a breaker is older than agreed.', 'Change it at the breaker, then in the vault.'),
  'login-succeeded': g('Somebody has logged in.', nothing, 'T0859'),
  'login-failed': g('A log-in failed.', 'Many of one name, or of one address: an attempt.', 'T0859'),
  'login-locked': g('Log-ins are refused for a while after too many wrong ones.', 'Ask the person whether it was them.', 'T0859'),
  logout: g('Somebody has logged out.', nothing),
  'session-expired': g('A session was ended by time, by number or by an administrator.', nothing),
  'password-changed': g('Somebody changed a password, a PIN or a second factor of their own.', nothing, 'T0892'),
  'password-expiring': g('A password must be changed soon.', 'Remind the person.'),
  'pin-expiring': g('A PIN must be changed soon.', 'Remind the person: after that day the panel refuses it.'),
  'password-reset': g('An administrator gave somebody a new first password.', agreed, 'T0892'),
  'user-created': g('A new account.', agreed, 'T0859'),
  'user-changed': g('The role or state of an account was changed.', agreed, 'T0859'),
  'user-disabled': g('An account can no longer log in.', agreed),
  'user-deleted': g('An account was removed.', agreed),
  'service-created': g('A program was given a token.', agreed, 'T0859'),
  'service-removed': g('The token of a program was taken away.', agreed),
  'certificate-enrolled': g('A program was given a certificate.', agreed, 'T0859'),
} as const satisfies Record<keyof typeof accessEvents, Guide>
