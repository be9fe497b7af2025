import type { RequestEvent } from '../api/client'

const words: Record<RequestEvent['event'], string> = {
  created: 'Created',
  revoke_asked: 'Asked to revoke',
  revoked: 'Revoked',
  started: 'Started',
  paused: 'Paused for business hours',
  resumed: 'Went on',
  success: 'Ended: Success',
  failed: 'Ended: Failed',
  mail_given_up: 'A mail about it could not be delivered',
  purged: 'Files removed; the report stays',
}

/** Such as "Created by ada@acme.example". */
export const eventWords = ({ event, by }: RequestEvent): string =>
  by === null ? words[event] : `${words[event]} by ${by}`
