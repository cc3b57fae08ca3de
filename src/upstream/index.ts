export { type Credentials, type Listener, type ListenerSettings, type RoleFound, startListener } from './listener.ts'
export type { Answer, Asked, Report } from './session.ts'
export { type Admission, createAdmission } from './admission.ts'
export { MAX_IN_FLIGHT_IN_ALL } from './limits.ts'
