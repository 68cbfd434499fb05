import type { BucketId, ObjectKey } from '../../model/identifiers.ts'
import { MemoryEngine } from '../../storage/memory-engine.ts'
import { MemoryPrimary } from './primary-fixtures.ts'

const bucketId = '0123456789abcdef' as BucketId
const get = (key: string) =>
  ({
    kind: 'object',
    bucketId,
    key: key as ObjectKey,
    versionId: undefined,
    withBody: false,
  }) as const
const page = { prefix: '', delimiter: '', after: '', maxCount: 10 }
const list = { kind: 'list', bucketId, ...page } as const

test('a read whose lease ends while it reads is not answered: another one may have written since', async () => {
  const engine = new MemoryEngine()
  const opened = await MemoryPrimary.open({ engine })
  expect(await opened.primary.ask(get('other'))).toMatchObject({ kind: 'done' })
  const getMany = engine.getMany.bind(engine)
  jest.spyOn(engine, 'getMany').mockImplementation((...keys) => {
    opened.mayRead = false
    return getMany(...keys)
  })
  expect(await opened.primary.ask(get('k'))).toMatchObject({ kind: 'unavailable' })
})

test('a list page whose lease ends once its snapshot is taken is not answered', async () => {
  const engine = new MemoryEngine()
  const opened = await MemoryPrimary.open({ engine })
  expect(await opened.primary.ask(list)).toMatchObject({ kind: 'done' })
  const snapshot = engine.snapshot.bind(engine)
  jest.spyOn(engine, 'snapshot').mockImplementation(() => {
    opened.mayRead = false
    return snapshot()
  })
  expect(await opened.primary.ask(list)).toMatchObject({ kind: 'unavailable' })
})
