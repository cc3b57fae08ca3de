import { Secret, TOTP } from 'otpauth'
import type { Random } from '../../platform/index.ts'

/** Codes of an authenticator app (RFC 6238): six digits, SHA-1 as every app has it, 30 s, one step to each side for clocks that differ. */
const STEP_S = 30
const WINDOW = 1
const SECRET_BYTES = 20

const totpOf = (secret: string, label: string): TOTP =>
  new TOTP({ issuer: 'Breakwall', label, secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, period: STEP_S })

export function newTotp(user: string, random: Random): { readonly secret: string; readonly uri: string } {
  const secret = new Secret({ buffer: Uint8Array.from(random.bytes(SECRET_BYTES)).buffer }).base32
  return { secret, uri: totpOf(secret, user).toString() }
}

/** The step that a code is of, or `wrong`. A code is good once: one of a step that was used, or of an older one, is wrong. */
export function checkTotp(secret: string, code: string, lastStep: number, nowMs: number): number | 'wrong' {
  if (!/^\d{6}$/.test(code)) return 'wrong'
  const delta = totpOf(secret, '').validate({ token: code, timestamp: nowMs, window: WINDOW })
  if (delta === null) return 'wrong'
  const step = Math.floor(nowMs / 1000 / STEP_S) + delta
  return step > lastStep ? step : 'wrong'
}
