export {
  type Issued,
  type Order,
  initAuthority,
  issueCertificate,
  renewCertificate,
  retireAuthority,
  rotateAuthority,
} from './pki/authority.ts'
export { type Desk, rootsFile } from './pki/desk.ts'
export type { Purpose } from './pki/certificate.ts'
export { type Imported, importCertificate, requestCertificate } from './pki/import.ts'
export { type KeyKind, isSealed } from './pki/keys.ts'
export { LIST_DAYS, type Published, listFile, publish, revokeCertificate } from './pki/lists.ts'
export { type IssuedCertificate, type PkiFailure, type RevocationReason, readRegister, revocationReasons } from './pki/register.ts'
export {
  type Pair,
  type PairFiles,
  type Unusable,
  isEncryptedKey,
  listFileFault,
  readAuthorities,
  readCertificate,
  readPair,
} from './pki/files.ts'
export { certificatesOf, commonName } from './pki/pem.ts'
export {
  type CertificateWarning,
  type ShownAs,
  chainWarnings,
  dateWarnings,
  describeCertificateWarning,
} from './pki/certificate-warnings.ts'
export { type RecordedCheck, type LastRecorded, type RecordChange } from './vault/recorded-file.ts'
export { checkSealed } from './vault/sealed-file.ts'
export {
  type ReadLists,
  type Revocation,
  type RevocationNotice,
  type RevocationWatch,
  newest,
  readRevocation,
  watchRevocation,
} from './pki/revocation.ts'
export { certificatesOnly } from './pki/pkcs7.ts'
export { readRequest } from './pki/request.ts'
export { type RoleFound, roleOf } from './pki/role.ts'
export { type ClientCertificate, type ClientStanding, type TrustSettings, createClientTrust } from './pki/trust.ts'
export type { PeopleSettings } from './people/settings.ts'
export { type Vault, type VaultChange, type VaultEntry, type VaultState, initVault, openVault } from './vault/vault.ts'
export { type People, type PeoplePorts, openPeople } from './people/people.ts'
export type { By, Done, Refused } from './people/context.ts'
export type { AsksSecondFactor, From, LoggedIn, NotRecorded } from './people/login.ts'
export type { Session, Via } from './people/sessions.ts'
export type { Service, User } from './people/user.ts'
export type { RelyingParty } from './people/factors.ts'
export { hasSecondFactor } from './people/user.ts'
export { readableSecret } from './readable-secret.ts'
