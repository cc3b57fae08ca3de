export { type Journal, type States, createJournal } from './journal.ts'
export { type Writer, startWriter } from './writer.ts'
export { type Verified, verifyJournal } from './verify.ts'
export type { Entry, Head } from './storage.ts'
