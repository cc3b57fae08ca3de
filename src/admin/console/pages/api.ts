// The calls of the gateway's API that the pages make, and what each answers.
import type { z } from 'zod'
import type {
  AclView,
  BannerView,
  BreakerLive,
  CertificateView,
  ChecklistView,
  CreatedView,
  EmergencyView,
  EventView,
  ExportView,
  GrantView,
  JobView,
  LockView,
  LoginView,
  MasterLockView,
  MatrixView,
  MeView,
  Refusal,
  ReloadedView,
  ServiceView,
  SessionView,
  SettingsView,
  StatusView,
  TagView,
  TotpView,
  UserChangedView,
  UserView,
  VaultView,
  codeBody,
  confirmBody,
  emergencyBody,
  emergencyConfirmBody,
  factorBody,
  grantActionBody,
  grantBody,
  hangBody,
  lockBody,
  loginBody,
  masterLockBody,
  passwordBody,
  pinBody,
  setupBody,
  signBody,
  tagActionBody,
  ticketBody,
  unlockBody,
  userActionBody,
  userBody,
  vaultSetBody,
} from '../../contract/index.ts'
import { t } from './texts.ts'

type Gets = {
  '/banner': BannerView
  '/export/running': ExportView
  '/me': MeView
  '/sessions': readonly SessionView[]
  '/certificates': readonly CertificateView[]
  '/vault': VaultView
  '/access': MatrixView
  '/users': readonly UserView[]
  '/tokens': readonly ServiceView[]
  '/grants': readonly GrantView[]
  '/settings': SettingsView
  '/checklist': readonly ChecklistView[]
  [breaker: `/breakers/${string}`]: BreakerLive
  [query: `/acl?${string}`]: readonly AclView[]
  [query: `/events?${string}`]: readonly EventView[]
}

type Post<Body, Value> = { readonly body: Body; readonly value: Value }
type Nothing = Readonly<Record<string, never>>
/** What an authenticator makes: the gateway looks into it, the pages do not. */
type WithProof<More> = More & { readonly response: unknown }
type Posts = {
  '/setup': Post<z.input<typeof setupBody>, { readonly name: string; readonly role: string }>
  '/login': Post<z.input<typeof loginBody>, LoginView>
  '/login/code': Post<z.input<typeof codeBody>, LoginView>
  '/login/passkey-options': Post<z.input<typeof ticketBody>, PublicKeyCredentialRequestOptionsJSON>
  '/login/passkey': Post<WithProof<{ readonly ticket: string }>, LoginView>
  '/logout': Post<Nothing, Nothing>
  '/me/password': Post<z.input<typeof passwordBody>, Nothing>
  '/me/pin': Post<z.input<typeof pinBody>, Nothing>
  '/me/totp': Post<Nothing, TotpView>
  '/me/totp/confirm': Post<z.input<typeof confirmBody>, Nothing>
  '/me/passkeys/options': Post<Nothing, PublicKeyCredentialCreationOptionsJSON>
  '/me/passkeys': Post<WithProof<{ readonly name: string }>, Nothing>
  '/me/factors/remove': Post<z.input<typeof factorBody>, Nothing>
  '/users': Post<z.input<typeof userBody>, CreatedView>
  '/grants': Post<z.input<typeof grantBody>, GrantView>
  '/vault/set': Post<z.input<typeof vaultSetBody>, Nothing>
  '/reload': Post<Nothing, ReloadedView>
  '/master-lock': Post<z.input<typeof masterLockBody>, MasterLockView>
  '/checklist': Post<z.input<typeof signBody>, readonly ChecklistView[]>
  [session: `/sessions/${string}/end`]: Post<Nothing, Nothing>
  [user: `/users/${string}`]: Post<z.input<typeof userActionBody>, UserChangedView>
  [grant: `/grants/${string}`]: Post<z.input<typeof grantActionBody>, GrantView>
  [tag: `/tags/${string}`]: Post<z.input<typeof tagActionBody>, TagView | readonly JobView[]>
  [breaker: `/breakers/${string}/tags`]: Post<z.input<typeof hangBody>, TagView | readonly JobView[]>
  [breaker: `/breakers/${string}/lock`]: Post<z.input<typeof lockBody>, LockView>
  [breaker: `/breakers/${string}/unlock`]: Post<z.input<typeof unlockBody>, LockView>
  [breaker: `/breakers/${string}/emergency-open`]: Post<z.input<typeof emergencyBody>, EmergencyView>
  [breaker: `/breakers/${string}/emergency-open/confirm`]: Post<z.input<typeof emergencyConfirmBody>, { readonly sent: true }>
}

/** What `/live` sends once a second: of the site, or of one breaker. */
type Live = { '/live': StatusView; [breaker: `/live?breaker=${string}`]: BreakerLive }

/** Somebody who is logged in. */
export type Person = Extract<MeView, { readonly kind: 'person' }>
/** `status` is that of HTTP; 0: there was no answer, or half of one, so that it is not known what the gateway has done. */
export type Failure = Refusal & { readonly ok: false; readonly status: number }
export type ApiReply<Value> = { readonly ok: true; readonly status: number; readonly value: Value } | Failure
/** Status of what is in force and not on the disk of the gateway yet. */
export const NOT_RECORDED = 202
/** `unattended`: the page asks by itself, which keeps nobody logged in. */
type CallOptions = { readonly unattended?: boolean; readonly timeoutMs?: number }

// The three functions below are the only place where the pages take content for what the contract says it is, unchecked:
// the gateway makes it from the same types, and the console passes on nothing else at these addresses. A refusal is checked
// (`refusalOf`), since the console or something on the way can refuse too.

/** Reads. Never rejects. */
export async function get<Path extends keyof Gets>(path: Path, options: CallOptions = {}): Promise<ApiReply<Gets[Path]>> {
  const reply = await call(path, {}, options)
  return reply.ok ? { ...reply, value: reply.value as Gets[Path] } : reply
}

/** Changes something. Never rejects. */
export async function post<Path extends keyof Posts>(
  path: Path,
  body: Posts[Path]['body'],
  options: CallOptions = {},
): Promise<ApiReply<Posts[Path]['value']>> {
  const reply = await call(path, { method: 'POST', body: JSON.stringify(body) }, options)
  return reply.ok ? { ...reply, value: reply.value as Posts[Path]['value'] } : reply
}

/** Listens to `/live`; the one who calls closes it. */
export function listen<Path extends keyof Live>(path: Path, onMessage: (view: Live[Path]) => void, onError: () => void): EventSource {
  const source = new EventSource(`/api${path}`)
  source.onmessage = ({ data }: MessageEvent<string>) => onMessage(JSON.parse(data) as Live[Path])
  source.onerror = onError
  return source
}
export type LivePath = keyof Live
export type LiveView<Path extends LivePath> = Live[Path]

async function call(
  path: string,
  request: RequestInit,
  { unattended = false, timeoutMs = 12_000 }: CallOptions,
): Promise<ApiReply<unknown>> {
  const headers = {
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(unattended ? { 'x-breakwall-unattended': '1' } : {}),
  }
  const noAnswer = { ok: false, status: 0, error: t('no answer from the gateway'), hint: t('is the network there?') } as const
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(`/api${path}`, { ...request, headers, credentials: 'same-origin', signal }).catch(() => undefined)
  if (response === undefined) return noAnswer
  const content: unknown = await response.json().catch(() => undefined)
  if (response.status === 401 && path !== '/login') document.dispatchEvent(new CustomEvent('logged-out'))
  const { status } = response
  if (!response.ok) return { ok: false, status, ...refusalOf(path, content, status) }
  return content === undefined ? noAnswer : { ok: true, status, value: content }
}

/** The gateway's hints are for its command line too; here nobody has one, so that a page says what to do by the status. */
function hintOf(path: string, status: number, hint: string): string {
  if (path.startsWith('/login') || path === '/setup') return hint
  switch (status) {
    case 403:
      return t('an administrator gives the role for it')
    case 404:
    case 409:
      return t('look at it, then try again')
    case 503:
      return t('call the person who looks after the gateway')
  }
  return hint
}

function refusalOf(path: string, content: unknown, status: number): Refusal {
  const text = (name: string): string => {
    const value: unknown = typeof content === 'object' && content !== null ? Reflect.get(content, name) : ''
    return typeof value === 'string' ? value : ''
  }
  const error = text('error')
  return { error: error === '' ? `status ${status}` : error, hint: hintOf(path, status, text('hint')) }
}
