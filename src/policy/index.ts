export {
  type Access,
  type AccessEntry,
  type AccessLevel,
  type AccessLevels,
  type Acl,
  accessLevels,
  checkRange,
  compileAcl,
  describeLevels,
  levelAt,
  levelsOf,
} from './acl.ts'
export {
  type ManagementAction,
  type Rights,
  type RoleRights,
  describeRights,
  managementActions,
  mayAsk,
  mayManage,
  separationOfDuties,
  usualManagement,
} from './rights.ts'
export { type ConnectionId, type Role, type Subject, subjectName, subjectRole, subjectSource, toConnectionId, toRole } from './subject.ts'
export { SEQUENCE_MS, type Sequence, followed, freshSequence, leave, readBy, readerOf, take } from './sequence.ts'
export {
  LONGEST_UNLOCK_MS,
  type LockScope,
  type LockState,
  type LockedBy,
  type Locks,
  afterRestart,
  isUnlocked,
  lockScopes,
  scopeOf,
  settle,
} from './locks.ts'
export { type Allow, type Deny, type Question, type RefusalReason, type Verdict, decide, deny, refusalReasons } from './decide.ts'
export { type Cleared, clear } from './clear.ts'
export { type MatrixRow, accessMatrix } from './matrix.ts'
