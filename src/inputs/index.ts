export { type Contact, type Heard, NOT_YET, SILENT_MS, startContact, stepContact } from './contact.ts'
export { type ContactSource, READ_EVERY_MS, readContact, readPin } from './reader.ts'
