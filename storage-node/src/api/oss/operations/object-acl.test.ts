import { bucket, record, requestOf, servicesOf } from '../operation-fixtures.ts'
import { getObjectAcl, putObjectAcl } from './object-acl.ts'

describe('GetObjectAcl', () => {
  const services = servicesOf({ objects: { find: () => Promise.resolve(record) } })

  test('shows the ACL of the object itself', async () => {
    const { body } = await getObjectAcl.handle(requestOf({ query: 'acl' }), services)
    expect(body).toContain('<Grant>default</Grant>')
  })

  test('refuses what is no version', async () => {
    const wrong = getObjectAcl.handle(requestOf({ query: 'acl&versionId=x' }), services)
    await expect(wrong).rejects.toMatchObject({ code: 'InvalidArgument' })
  })
})

describe('PutObjectAcl', () => {
  const put = async (acl: string | undefined, query = 'acl', isBlocked = false) => {
    const calls: unknown[] = []
    const amend = (_bucket: unknown, ...rest: readonly unknown[]) => {
      calls.push(rest)
      return Promise.resolve(record)
    }
    const request = requestOf({
      query,
      headers: acl === undefined ? {} : { 'x-oss-object-acl': acl },
    })
    const about = { ...request, bucket: { ...bucket, publicAccessBlock: isBlocked } }
    const { status } = await putObjectAcl.handle(about, servicesOf({ objects: { amend } }))
    expect(status).toBe(200)
    return calls
  }

  test('changes the ACL of the object, or of a version', async () => {
    const amendment = { kind: 'acl', acl: 'public-read' }
    expect(await put('public-read')).toEqual([['barley', undefined, amendment]])
    expect(await put('public-read', 'acl&versionId=null')).toEqual([['barley', 'null', amendment]])
  })

  test.each([undefined, '', 'public', 'Private'])('refuses %j', async (acl) => {
    await expect(put(acl)).rejects.toMatchObject({ code: 'InvalidArgument' })
  })

  test('refuses to make public what must not be', async () => {
    await expect(put('public-read', 'acl', true)).rejects.toMatchObject({ code: 'AccessDenied' })
    expect(await put('private', 'acl', true)).toHaveLength(1)
  })
})
