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
export { type ConnectionId, type Role, type Subject, clientOf, subjectName, subjectRole, subjectSource, toConnectionId, toRole } from './subject.ts'
export {
  type CommandKind,
  MAX_WAITING_GETS,
  RESERVED_MS,
  SEQUENCE_MS,
  type Sequence,
  type View,
  end,
  followed,
  freshSequence,
  leave,
  readBy,
  readerOf,
  send,
  take,
  viewOf,
} from './sequence.ts'
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
export {
  type Tag,
  type TagAction,
  type TagJob,
  type TagRefusal,
  type Tags,
  MAX_JOBS,
  MAX_TAGS,
  REMOVAL_US,
  hangingOn,
  isTagged,
  noTags,
  stepTags,
  tagRefusals,
} from './tags.ts'
export {
  type Grant,
  type GrantAction,
  type GrantRefusal,
  type GrantState,
  type GrantedFor,
  LONGEST_GRANT_MS,
  MAX_GRANTS,
  REQUEST_MS,
  grantRefusals,
  grants,
  isInForce,
  isLive,
  stepGrant,
} from './grants.ts'
export {
  type Circumstances,
  type Guard,
  type GuardRule,
  type Hours,
  SELECT_GAP_MS,
  isUnder,
  judgeGuards,
  noCircumstances,
} from './guards.ts'
export { type Mode, type Standing, modes, nothingStanding } from './standing.ts'
export { type Allow, type Deny, type Question, type RefusalReason, type Verdict, decide, deny, refusalReasons } from './decide.ts'
export { type Cleared, clear } from './clear.ts'
export { type MatrixRow, accessMatrix } from './matrix.ts'
