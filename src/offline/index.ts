export { pkiCommands } from './pki.ts'
export { siteCommands } from './site.ts'
export { journalCommands } from './journal.ts'
