import { Anchor, Container, Text, Title } from '@mantine/core'
import { Link } from 'wouter'
import { useTitle } from './useTitle'

export function NoSuchPage() {
  useTitle('There is no such page')
  return (
    <Container size="sm" py="xl">
      <Title order={1}>There is no such page</Title>
      <Text>
        <Anchor component={Link} href="/" underline="always">
          Bulk Export & Delete Data
        </Anchor>{' '}
        is where requests are.
      </Text>
    </Container>
  )
}
