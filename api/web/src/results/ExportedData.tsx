import { Group, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core'
import type { Files, Request } from '../api/client'
import { Problem } from '../api/problem'
import { useFiles } from '../api/queries'
import { dateTime } from '../time/format'
import { AttachmentsSection } from './AttachmentsSection'
import { CsvSection } from './CsvSection'
import { DaysLeft } from './DaysLeft'
import { DownloadProgress } from './DownloadProgress'
import { FileSection } from './FileSection'
import { NoFiles } from './NoFiles'
import { useDownloads } from './useDownloads'

/** What can be downloaded of a request, or why nothing can. */
export function ExportedData({ request, wide }: { request: Request; wide: boolean }) {
  const files = useFiles(request.id)
  const refusedForGood = files.error instanceof Problem && !files.error.passing
  return (
    <Stack>
      <Group justify="space-between" gap="xs">
        <Text fw={600}>{request.entityName}</Text>
        <Text size="sm" c="dimmed">
          created {dateTime(new Date(request.createdOn))}
        </Text>
      </Group>
      {files.error !== null && (files.data === undefined || refusedForGood) ? (
        <NoFiles request={request} error={files.error} retry={() => void files.refetch()} />
      ) : files.data === undefined ? (
        <Waiting />
      ) : (
        <FilesOf request={request} files={files.data} wide={wide} />
      )}
    </Stack>
  )
}

function FilesOf({ request, files, wide }: { request: Request; files: Files; wide: boolean }) {
  const { downloads, state } = useDownloads(request.id)
  const of = (kind: 'csv' | 'attachment' | 'manifest') => files.items.filter((file) => file.kind === kind)
  const shared = { downloads, state, wide }
  return (
    <>
      <DaysLeft daysLeft={files.daysLeft} until={files.downloadUntil} />
      <CsvSection files={of('csv')} {...shared} />
      <AttachmentsSection request={request} files={of('attachment')} {...shared} />
      <FileSection title="Manifest and delete lists" files={of('manifest')} {...shared} />
      <DownloadProgress state={state} stop={() => downloads.stop()} />
    </>
  )
}

function Waiting() {
  return (
    <Stack role="status">
      <VisuallyHidden>Loading the files</VisuallyHidden>
      <Skeleton h={44} />
      <Skeleton h={36} />
      <Skeleton h={36} />
      <Skeleton h={36} />
    </Stack>
  )
}
