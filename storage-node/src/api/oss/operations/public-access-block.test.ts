import { owner, requestOf, servicesOf } from '../operation-fixtures.ts'
import {
  deletePublicAccessBlock,
  getPublicAccessBlock,
  putPublicAccessBlock,
} from './public-access-block.ts'

const documentOf = (flag: string) =>
  `<PublicAccessBlockConfiguration><BlockPublicAccess>${flag}</BlockPublicAccess></PublicAccessBlockConfiguration>`

test('PutPublicAccessBlock and DeletePublicAccessBlock are about the account of the caller', async () => {
  const calls: unknown[] = []
  const putSettings = (...call: readonly unknown[]) => {
    calls.push(call)
    return Promise.resolve()
  }
  const services = servicesOf({ accounts: { putSettings } })
  const put = (body: string) => putPublicAccessBlock.handle(requestOf({ body }), services)
  expect((await put(documentOf('true'))).status).toBe(200)
  expect((await deletePublicAccessBlock.handle(requestOf(), services)).status).toBe(204)
  expect(calls).toEqual([
    [owner, { publicAccessBlock: true }],
    [owner, { publicAccessBlock: false }],
  ])
  await expect(put(documentOf(''))).rejects.toMatchObject({ code: 'MalformedXML' })
})

test('GetPublicAccessBlock shows what the account has', async () => {
  const settings = () => Promise.resolve({ publicAccessBlock: true })
  const { body } = await getPublicAccessBlock.handle(
    requestOf(),
    servicesOf({ accounts: { settings } }),
  )
  expect(body).toContain('<BlockPublicAccess>true</BlockPublicAccess>')
})
