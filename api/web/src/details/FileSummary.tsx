import { Skeleton, Stack, Text } from '@mantine/core'
import type { Files, Request } from '../api/client'
import { sentenceOf } from '../api/problem'
import { useFiles } from '../api/queries'
import { counted, size } from '../time/format'
import { Moment } from '../time/Moment'
import { Copied } from './Copied'
import { Fact, Facts } from './Facts'

/** How much was exported, and the checksum that vouches for it. */
export function FileSummary({ request }: { request: Request }) {
  const { data, error } = useFiles(request.id)
  if (data !== undefined) return <Summary files={data} />
  if (error !== null) return <Text size="sm">{sentenceOf(error)}</Text>
  return (
    <Stack gap="xs">
      <Skeleton height={20} />
      <Skeleton height={20} />
    </Stack>
  )
}

function Summary({ files }: { files: Files }) {
  const of = (kind: Files['items'][number]['kind']) => files.items.filter((file) => file.kind === kind)
  const bytes = files.items.reduce((sum, file) => sum + file.bytes, 0)
  const manifest = of('manifest').find((file) => file.name === 'manifest.json')
  return (
    <Facts>
      <Fact name="Exported">
        {counted(of('csv').length, 'CSV file', 'CSV files')},{' '}
        {counted(of('attachment').length, 'attachment', 'attachments')}, {size(bytes)} in all
      </Fact>
      <Fact name="Can be downloaded until">
        <Moment at={files.downloadUntil} />
      </Fact>
      {manifest !== undefined && (
        <Fact name="Manifest SHA-256">
          <Copied value={manifest.sha256} name="SHA-256 of the manifest" />
        </Fact>
      )}
    </Facts>
  )
}
