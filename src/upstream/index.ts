export { type Credentials, type Listener, type ListenerSettings, type RoleFound, startListener } from './listener.ts'
export type { Answer, Asked, Report } from './session.ts'
export { type Admission, createAdmission } from './admission.ts'
export { DEFAULT_IN_FLIGHT, MAX_IN_FLIGHT_IN_ALL, MOST_IN_FLIGHT } from './limits.ts'
