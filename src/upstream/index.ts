export { type Credentials, type Listener, type ListenerSettings, type RoleFound, startListener } from './listener.ts'
export type { Answer, Asked, Report } from './session.ts'
