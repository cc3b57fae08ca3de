export { pkiCommands } from './pki.ts'
export { checkSite } from './check.ts'
export { siteCommands } from './site.ts'
export { journalCommands } from './journal.ts'
