import { createHash } from 'node:crypto'
import type { ExportFile, Files, Request } from '../api/client'

/** A request whose files can be downloaded. */
export const ended: Request = {
  id: '019ab3f0-7a3c-7c1e-8d52-3f1b0e2a9c77',
  activityType: 201,
  entityName: 'Document Collection',
  requestType: 'export_and_delete',
  range: { days: 30 },
  selection: { before: '2026-03-31T18:30:00Z', after: null, until: null },
  status: 'success',
  statusDetail: 'All 4 records were exported and deleted.',
  records: 4,
  outcomes: { deleted: 4, keptChanged: 0, keptAttachment: 0, alreadyGone: 0, failed: 0, notProcessed: 0 },
  progress: { phase: '', exported: 4, verified: 4, deleted: 4, expectedEnd: null, pausedUntil: null, slowedBy: [] },
  createdBy: 'ada@acme.example',
  createdOn: '2026-04-30T09:00:00Z',
  startsAt: '2026-04-30T12:30:00Z',
  startedOn: '2026-04-30T12:30:01Z',
  completedOn: '2026-04-30T12:31:00Z',
  revokedBy: null,
  downloadUntil: '2026-05-30T09:00:00Z',
  daysLeft: 12,
  failure: null,
}

export const content = (name: string) => `content of ${name}`

export function fileOf(name: string, kind: ExportFile['kind'] = 'csv'): ExportFile {
  return {
    name,
    kind,
    rows: kind === 'csv' ? 2 : 0,
    bytes: content(name).length,
    sha256: createHash('sha256').update(content(name)).digest('hex'),
  }
}

export const files: Files = {
  items: [
    fileOf('records-0001.csv'),
    fileOf('records-0002.csv'),
    fileOf('attachment-0001-00001.pdf', 'attachment'),
    fileOf('attachment-0001-00002.png', 'attachment'),
    fileOf('records-0001.list.csv', 'manifest'),
    fileOf('manifest.json', 'manifest'),
  ],
  downloadUntil: '2026-05-30T09:00:00Z',
  daysLeft: 12,
}
