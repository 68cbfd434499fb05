import { headerOf, record, requestOf, servicesOf } from '../operation-fixtures.ts'
import { appendObject } from './object-append.ts'

describe('AppendObject', () => {
  const append = async (query: string, body: string | undefined) => {
    const asked: unknown[] = []
    const services = servicesOf({
      objects: {
        append(_bucket, _key, position) {
          asked.push(position)
          return Promise.resolve({ ...record, type: 'Appendable' as const })
        },
      },
    })
    const fixture = { method: 'POST', query, ...(body === undefined ? {} : { body }) }
    return { asked, answer: await appendObject.handle(requestOf(fixture), services) }
  }

  test('says where the next append goes', async () => {
    const { asked, answer } = await append('append&position=2', 'llo')
    expect(asked).toEqual([2])
    expect(headerOf(answer, 'x-oss-next-append-position')).toBe('5')
    expect(headerOf(answer, 'x-oss-hash-crc64ecma')).toBe('11177612005948864433')
  })

  test.each([
    ['append', 'x', 'InvalidArgument'],
    ['append&position=', 'x', 'InvalidArgument'],
    ['append&position=-1', 'x', 'InvalidArgument'],
    ['append&position=1e3', 'x', 'InvalidArgument'],
    ['append&position=0', undefined, 'MissingContentLength'],
  ])('?%s with body %s is %s', async (query, body, code) => {
    await expect(append(query, body)).rejects.toMatchObject({ code })
  })
})
