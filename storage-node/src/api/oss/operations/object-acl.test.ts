import { record, requestOf, servicesOf } from '../operation-fixtures.ts'
import { getObjectAcl } from './object-acl.ts'

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
