/** What the API tells the page when it serves it: see web.go. */
export interface SignInSetting {
  issuer: string
  authorizationEndpoint: string
  tokenEndpoint: string
  /** Empty if the issuer has none. */
  endSessionEndpoint: string
  clientId: string
  scopes: string
  /** Which token the API accepts: the one that is made for its audience. */
  token: 'id_token' | 'access_token'
}

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? ''
}

/** Allows the style elements of the component library under the content security policy. */
export const styleNonce = meta('offhours-nonce')

/** Null while the issuer is away: nobody can sign in then. */
export function signInSetting(): SignInSetting | null {
  const text = meta('offhours-sign-in')
  return text === '' ? null : (JSON.parse(text) as SignInSetting)
}
