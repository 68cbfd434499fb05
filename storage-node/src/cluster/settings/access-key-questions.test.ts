/**
 * However many ids are asked for, the primary gets one question at a time.
 *
 * @module
 */

import type { AccessKeyRecord } from '../../model/access/access-key.ts'
import type { AccessKeyId } from '../../model/identifiers.ts'
import {
  AccessKeyQuestions,
  QUESTION_KEY_COUNT_MAX,
  WAITING_COUNT_MAX,
} from './access-key-questions.ts'
import { accessKeyOf } from './settings-fixtures.ts'

type Answer = (found: readonly AccessKeyRecord[] | Error) => void

function openQuestions() {
  const asked: (readonly AccessKeyId[])[] = []
  const answers: Answer[] = []
  const questions = new AccessKeyQuestions((ids) => {
    asked.push(ids)
    return new Promise((resolve, reject) => {
      answers.push((found) => (found instanceof Error ? reject(found) : resolve(found)))
    })
  })
  const answer = async (at: number, found: readonly AccessKeyRecord[] | Error) => {
    answers[at]!(found)
    await new Promise(setImmediate)
  }
  return { questions, asked, answer }
}

const id = (number: number) => `key-${number}` as AccessKeyId
const many = (count: number) => Array.from({ length: count }, (_, at) => id(at))

test('who comes while a question is on its way shares the next one', async () => {
  const { questions, asked, answer } = openQuestions()
  const first = questions.find(id(0))
  const others = [questions.find(id(1)), questions.find(id(0)), questions.find(id(1))]
  expect(asked).toEqual([[id(0)]])
  await answer(0, [])
  expect(await first).toBeUndefined()
  expect(asked).toEqual([[id(0)], [id(1), id(0)]])
  await answer(1, [accessKeyOf(id(1))])
  expect(await Promise.all(others)).toEqual([accessKeyOf(id(1)), undefined, accessKeyOf(id(1))])
})

test('a question has so many ids at the most, and the rest is asked afterwards', async () => {
  const { questions, asked, answer } = openQuestions()
  void questions.find(id(-1))
  for (const each of many(QUESTION_KEY_COUNT_MAX + 5)) void questions.find(each)
  await answer(0, [])
  await answer(1, [])
  expect(asked.map((ids) => ids.length)).toEqual([1, QUESTION_KEY_COUNT_MAX, 5])
})

test('who comes when too many wait is told to try again', async () => {
  const { questions, asked } = openQuestions()
  void questions.find(id(-1))
  for (const each of many(WAITING_COUNT_MAX)) void questions.find(each)
  await expect(questions.find('late' as AccessKeyId)).rejects.toMatchObject({ status: 503 })
  expect(asked).toHaveLength(1)
})

test('when nobody answers, everybody who waits is told, and the next one asks again', async () => {
  const { questions, asked, answer } = openQuestions()
  const waiting = [questions.find(id(0)), questions.find(id(1))]
  const outcomes = Promise.allSettled(waiting)
  await answer(0, new Error('down'))
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  const again = questions.find(id(0))
  await answer(1, [accessKeyOf(id(0))])
  expect(await again).toEqual(accessKeyOf(id(0)))
  expect(asked).toHaveLength(2)
})
