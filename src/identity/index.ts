export { type Issued, type PkiFailure, type Purpose, initAuthority, issueCertificate } from './pki/authority.ts'
export { type TlsFiles, type TlsTexts, readTlsFiles } from './pki/files.ts'
export { type RoleFound, roleOf } from './pki/role.ts'
export { type Vault, type VaultChange, type VaultEntry, type VaultState, initVault, openVault } from './vault/vault.ts'
