import type { RequestType, Status } from '../api/client'

export const statusWords: Record<Status, string> = {
  in_queue: 'In Queue',
  in_progress: 'In Progress',
  success: 'Success',
  failed: 'Failed',
  revoked: 'Revoked',
}

export const requestTypeWords: Record<RequestType, string> = {
  export_and_delete: 'Export & Delete',
  delete_only: 'Delete Only',
}
