import { ErrorResponse, ErrorTimeout, User, UserManager } from 'oidc-client-ts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openSession } from './session'

vi.mock('../app/setting', () => ({
  signInSetting: () => ({
    issuer: 'https://issuer.example',
    authorizationEndpoint: 'https://issuer.example/authorize',
    tokenEndpoint: 'https://issuer.example/token',
    endSessionEndpoint: '',
    clientId: 'offhours',
    scopes: 'openid',
    token: 'access_token',
  }),
}))

const userWith = (access_token: string, secondsLeft: number) =>
  new User({
    access_token,
    refresh_token: 'refresh',
    token_type: 'Bearer',
    profile: { sub: 'ada', iss: 'https://issuer.example', aud: 'offhours', exp: 0, iat: 0 },
    expires_at: Math.floor(Date.now() / 1000) + secondsLeft,
  })

beforeEach(() => {
  vi.spyOn(UserManager.prototype, 'getUser').mockResolvedValue(userWith('old', 10))
})
afterEach(() => vi.restoreAllMocks())

const renewal = () => vi.spyOn(UserManager.prototype, 'signinSilent')

it('renews a token that is about to end', async () => {
  renewal().mockResolvedValue(userWith('new', 600))
  expect(await openSession()?.token()).toBe('new')
})

it('is over when the issuer refuses to renew it', async () => {
  renewal().mockRejectedValue(new ErrorResponse({ error: 'invalid_grant' }))
  expect(await openSession()?.token()).toBeNull()
})

it.each<Error>([new TypeError('Failed to fetch'), new ErrorTimeout('no answer')])(
  'is not over when the issuer cannot be asked (%s), and asks it again',
  async (error) => {
    renewal().mockRejectedValueOnce(error).mockResolvedValue(userWith('new', 600))
    const session = openSession()
    await expect(session?.token()).rejects.toMatchObject({ code: 'unreachable', passing: true })
    expect(await session?.token()).toBe('new')
  },
)
