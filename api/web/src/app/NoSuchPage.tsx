import { Anchor, Container, Text, Title } from '@mantine/core'
import { Link } from 'wouter'

export function NoSuchPage() {
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
