export { newPassphrase, pkiCommands } from './pki.ts'
