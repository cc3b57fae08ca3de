export { type Credentials, type Listener, type ListenerSettings, type RoleFound, startListener } from './listener.ts'
export { type Answer, type Asked, type ClientSocket, type Report, startSession } from './session.ts'
export { type Admission, createAdmission } from './admission.ts'
export { MAX_IN_FLIGHT_IN_ALL } from './limits.ts'
