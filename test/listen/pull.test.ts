import { expect, test } from 'vitest'
import { pull } from '../../src/cli/listen/pull.ts'
import { receiver } from '../support/index.ts'

test('a pull that is refused for the number of its requests comes back when it was told to', async () => {
  const api = await receiver()
  const page = { items: [], hasMore: false, limit: 10, count: 0, links: [] }
  api.answerNext({ status: 429, headers: { 'retry-after': '1' } }, { body: JSON.stringify(page) })
  const options = { publishUrl: api.url, publishKey: undefined, signal: new AbortController().signal }
  const pages = []
  for await (const each of pull(`${api.url}/page`, options)) pages.push(each)
  expect(pages).toHaveLength(1)
  const [refused, answered] = api.calls
  expect(answered!.at - refused!.at).toBeGreaterThan(990)
})
