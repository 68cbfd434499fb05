import { seededRandom } from '../../base/seeded-random.ts'
import { OssError } from '../../model/errors.ts'
import { newOpId } from '../../wire/stored/op-id.ts'
import { AnsweredOperations } from './answered-operations.ts'

const KEPT_MS = 10_000
const random = seededRandom(1)
const nothing = {
  kind: 'deleted',
  existed: false,
  versionId: undefined,
  isDeleteMarker: false,
} as const

test('the same opId gets the same answer for as long as it may come', () => {
  const answered = new AnsweredOperations(KEPT_MS)
  const [deleted, refused] = [newOpId(1000, random), newOpId(1000, random)]
  const refusal = new OssError('FileAlreadyExists')
  answered.add(deleted, nothing, 1000)
  answered.add(refused, refusal, 1000)
  answered.add(newOpId(11_000, random), nothing, 11_000)
  expect(answered.find(deleted)).toBe(nothing)
  expect(answered.find(refused)).toBe(refusal)
  expect(answered.find(newOpId(1000, random))).toBeUndefined()
  answered.add(newOpId(11_001, random), nothing, 11_001)
  expect(answered.find(deleted)).toBeUndefined()
  expect(answered.isForgotten(deleted)).toBe(false)
})

test('memory is bounded: of what is forgotten too early, that much is known', () => {
  const answered = new AnsweredOperations(KEPT_MS)
  const first = newOpId(1000, random)
  answered.add(first, nothing, 1000)
  for (let at = 0; at < 65_536; at++) answered.add(newOpId(1001, random), nothing, 1001)
  expect(answered.find(first)).toBeUndefined()
  expect(answered.isForgotten(first)).toBe(true)
  expect(answered.isForgotten(newOpId(1001, random))).toBe(false)
})
