import type { Preview, Request } from '../api/client'

// What the API answers in the tests of this folder.

export const types = [
  { code: 201, name: 'Document Collection' },
  { code: 202, name: 'Site Visit' },
]

export const outlook: Preview = {
  selection: { before: '2026-03-31T18:30:00Z', after: null, until: null },
  records: 12_345,
  recordsBefore: 12_345,
  recordsAfter: 0,
  attachments: 678,
  earliestStart: '2026-04-30T12:30:00Z',
  refusal: null,
}

export const queued: Request = {
  id: '6f1d0d6e-1f5c-4f0e-9d50-94b2c2f7a001',
  activityType: 201,
  entityName: 'Document Collection',
  requestType: 'export_and_delete',
  range: { days: 30 },
  selection: { before: '2026-03-31T18:30:00Z', after: null, until: null },
  status: 'in_queue',
  statusDetail: '',
  records: 12_345,
  outcomes: { deleted: 0, keptChanged: 0, keptAttachment: 0, alreadyGone: 0, failed: 0, notProcessed: 0 },
  progress: { phase: '', exported: 0, verified: 0, deleted: 0, expectedEnd: null, pausedUntil: null, slowedBy: [] },
  createdBy: 'ada@acme.example',
  createdOn: '2026-04-30T06:30:00Z',
  startsAt: '2026-04-30T12:30:00Z',
  startedOn: null,
  completedOn: null,
  revokedBy: null,
  downloadUntil: null,
  daysLeft: null,
  failure: null,
}
