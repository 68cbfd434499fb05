import { remembered } from './remembered.ts'

test('a value is made once, until as many others came as are kept', () => {
  const made: string[] = []
  const upper = remembered((text) => {
    made.push(text)
    return { upper: text.toUpperCase() }
  }, 2)
  expect([upper('a'), upper('b'), upper('a')].map((value) => value.upper)).toEqual(['A', 'B', 'A'])
  expect(made).toEqual(['a', 'b'])
  expect(upper('c')).toEqual({ upper: 'C' })
  expect(upper('b')).toEqual({ upper: 'B' })
  expect(upper('a')).toEqual({ upper: 'A' })
  expect(made).toEqual(['a', 'b', 'c', 'a'])
})

test('long texts are not kept', () => {
  let count = 0
  const counting = remembered(() => (count += 1), 2)
  const long = 'x'.repeat(513)
  expect([counting(long), counting(long), counting('x'), counting('x')]).toEqual([1, 2, 3, 3])
})

test('what is refused is refused again', () => {
  let count = 0
  const refusing = remembered(() => {
    count += 1
    throw new Error('No')
  }, 2)
  expect(() => refusing('a')).toThrow('No')
  expect(() => refusing('a')).toThrow('No')
  expect(count).toBe(2)
})
