/** What the API and its clients agree on of the first page and of changing users and second factors. */
export type BannerView = {
  readonly banner: string
  /** The first account has to be made by the set-up code. */
  readonly needsSetUp: boolean
}
/** The key of a new authenticator app, and the same as an address that opens the app. */
export type TotpView = { readonly secret: string; readonly uri: string }
/** After an action on a user: `created` with a new first password, which is shown this once. */
export type UserChangedView =
  { readonly kind: 'done' } | { readonly kind: 'created'; readonly name: string; readonly role: string; readonly password: string }
