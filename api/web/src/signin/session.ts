import { ErrorTimeout, UserManager, WebStorageStateStore, type User } from 'oidc-client-ts'
import { unreachable } from '../api/problem'
import { signInSetting, type SignInSetting } from '../app/setting'
import { isOwnPath } from './ownPath'

/** Somebody's signed-in session at the OpenID Connect issuer: authorization code with PKCE (RFC 7636). */
export interface Session {
  /** The bearer token of the API, or null if nobody is signed in. A token about to end is renewed first. */
  token: () => Promise<string | null>
  /** A token in place of one that the API refused, or null if there is none. */
  anotherToken: (refused: string) => Promise<string | null>
  /** Leaves for the issuer's page; comes back to the path. */
  signIn: (path: string) => Promise<void>
  /** Ends the sign-in that came back from the issuer, and returns the path to go on at. */
  completeSignIn: () => Promise<string>
  /** Ends the session in every tab of this browser, then at the issuer. */
  signOut: () => Promise<void>
  /** Tells when the session has ended, also by another tab. Returns how to stop that. */
  onEnd: (ended: () => void) => () => void
  /** The API refused the token: forget it. */
  forget: () => Promise<void>
}

export const callbackPath = '/sign-in/callback'

function managerOf(setting: SignInSetting): UserManager {
  return new UserManager({
    authority: setting.issuer,
    // The API has discovered the issuer already, and allows these addresses alone.
    metadata: {
      issuer: setting.issuer,
      authorization_endpoint: setting.authorizationEndpoint,
      token_endpoint: setting.tokenEndpoint,
      ...(setting.endSessionEndpoint === '' ? {} : { end_session_endpoint: setting.endSessionEndpoint }),
    },
    client_id: setting.clientId,
    scope: setting.scopes,
    redirect_uri: location.origin + callbackPath,
    post_logout_redirect_uri: location.origin + '/',
    // A tab keeps its session over a reload, and forgets it when it is closed.
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    stateStore: new WebStorageStateStore({ store: sessionStorage }),
    loadUserInfo: false,
    automaticSilentRenew: false,
  })
}

function tokenOf(user: User, setting: SignInSetting): string | null {
  return (setting.token === 'id_token' ? user.id_token : user.access_token) ?? null
}

/** Seconds before a token's end at which it is renewed. */
const margin = 30

/** Starts from what the tab remembers. Null while the issuer is away. */
export function openSession(): Session | null {
  const setting = signInSetting()
  if (setting === null) return null
  const manager = managerOf(setting)
  const tabs = new BroadcastChannel('offhours-signed-out')
  tabs.onmessage = () => void manager.removeUser()
  let renewal: Promise<User | null> | null = null

  // Calls that come together share one renewal: a refresh token may be good for one use only.
  const renew = () => {
    renewal ??= manager
      .signinSilent()
      .catch((error: unknown) => {
        // Who could not ask has not been refused: the session goes on, and what was typed stays.
        if (error instanceof TypeError || error instanceof ErrorTimeout) throw unreachable()
        return null
      })
      .finally(() => (renewal = null))
    return renewal
  }

  const renewed = async (user: User) => {
    const next = user.refresh_token === undefined ? null : await renew()
    return next === null ? null : tokenOf(next, setting)
  }

  return {
    token: async () => {
      const user = await manager.getUser()
      if (user === null) return null
      return (user.expires_in ?? Infinity) < margin ? renewed(user) : tokenOf(user, setting)
    },
    anotherToken: async (refused) => {
      const user = await manager.getUser()
      if (user === null) return null
      const token = tokenOf(user, setting)
      return token === refused ? renewed(user) : token // another call has renewed it already
    },
    signIn: async (path) => manager.signinRedirect({ state: path }),
    completeSignIn: async () => {
      const user = await manager.signinRedirectCallback()
      return isOwnPath(user.state) ? user.state : '/'
    },
    signOut: async () => {
      tabs.postMessage(null)
      if (setting.endSessionEndpoint !== '') await manager.signoutRedirect()
      else await manager.removeUser()
    },
    onEnd: (ended) => manager.events.addUserUnloaded(ended),
    forget: async () => manager.removeUser(),
  }
}
