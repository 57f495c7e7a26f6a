import { expect, test } from 'vitest'
import { Diary } from './diary.ts'
import { FaultLog } from './faults.ts'
import { readDiary } from './judge.ts'

const record = (id: number, second: number) => ({
  ...{ id, action: 'UPDATE', cacheTimestamp: `2026-01-01T00:00:0${second}.000Z`, cacheCreateTimestamp: '' },
})

function read(fill: (diary: Diary) => void, faults = new FaultLog()) {
  const diary = new Diary('shop/account')
  fill(diary)
  return readDiary(faults, { diary, listenerName: 'any', trapped: 0 })
}

test('a repeat needs a fault that took its first answer, or a receiver that refused it', () => {
  const at = Date.now()
  const twice = (manner: string | null) => (diary: Diary) => {
    diary.take([record(1, 1)], at, manner)
    diary.take([record(1, 1)], at + 5000, null)
  }
  expect(read(twice(null)).broken).toEqual([expect.stringContaining('repeated for no reason')])
  expect(read(twice('resets'))).toMatchObject({ broken: [], repeated: new Map([['the receiver resets', 1]]) })
  const faults = new FaultLog()
  faults.at('engine killed')
  expect(read(twice(null), faults)).toMatchObject({ broken: [], repeated: new Map([['engine killed', 1]]) })
})

test('an older record behind a newer one is out of order, whatever happened', () => {
  const faults = new FaultLog()
  faults.at('engine killed')
  const read2 = read((diary) => {
    diary.take([record(1, 2)], Date.now(), null)
    diary.take([record(1, 1)], Date.now(), null)
  }, faults)
  expect(read2.broken).toEqual([expect.stringContaining('out of order')])
})

test('a key that is missing, stale or should be gone is lost, also for a receiver that drops known webhook ids', () => {
  const diary = new Diary('shop/account')
  diary.page('msg_1', Buffer.from('a'), [record(1, 1), record(2, 1)], 0, null)
  diary.page('msg_1', Buffer.from('b'), [record(3, 1)], 0, null)
  expect(diary.reused).toEqual(['msg_1'])
  expect(diary.lost(new Map([1, 2, 3].map((id) => [`${id}`, { id }])))).toEqual(['3'])
  expect(diary.lost(new Map([['1', { id: 9 }]]))).toEqual(['1', '2', '3', '1', '2'])
})
