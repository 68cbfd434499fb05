import * as fc from 'fast-check'
import { OssError } from '../../../model/errors.ts'
import { readBucketPolicy, readUserPolicy } from './policy.ts'
import { writePolicyStatus } from './policy-status.ts'
import { readPublicAccessBlock, writePublicAccessBlock } from './public-access-block.ts'

const bucket = { name: 'grain', owner: '1000000000000001', region: 'cn-hangzhou' }
const statement = {
  Effect: 'Allow',
  Action: ['oss:GetObject', 'oss:List*'],
  Principal: ['2000000000000002'],
  Resource: ['acs:oss:*:1000000000000001:grain', 'acs:oss:*:*:grain/*'],
  Condition: {
    IpAddress: { 'acs:SourceIp': ['10.0.0.0/8'] },
    Bool: { 'acs:SecureTransport': true },
  },
}
const textOf = (...statements: readonly object[]) =>
  JSON.stringify({ Version: '1', Statement: statements })

test('a bucket policy becomes statements', () => {
  expect(readBucketPolicy(textOf(statement), bucket)).toEqual({
    statements: [
      {
        effect: 'Allow',
        actions: { isNegated: false, patterns: ['oss:GetObject', 'oss:List*'] },
        resources: ['acs:oss:*:1000000000000001:grain', 'acs:oss:*:*:grain/*'],
        principals: { isNegated: false, patterns: ['2000000000000002'] },
        conditions: [
          { operator: 'IpAddress', key: 'acs:SourceIp', values: ['10.0.0.0/8'] },
          { operator: 'Bool', key: 'acs:SecureTransport', values: ['true'] },
        ],
      },
    ],
  })
})

test.each([
  ['a single statement', JSON.stringify({ Version: '1', Statement: statement })],
  ['texts for lists', textOf({ ...statement, Action: 'oss:*', Principal: '*' })],
  [
    'what it is not',
    textOf({ ...without('Action', 'Principal'), NotAction: ['oss:Put*'], NotPrincipal: ['*'] }),
  ],
  ['a name of a session', textOf({ ...statement, Principal: ['arn:sts::1:assumed-role/a/b'] })],
  ['a Sid', textOf({ ...statement, Sid: 'first' })],
  ['no condition', textOf(without('Condition'))],
  ['everything', textOf({ ...statement, Resource: ['*'] })],
  ['the region', textOf({ ...statement, Resource: ['acs:oss:oss-cn-hangzhou:*:grain/*'] })],
  ['part of the name', textOf({ ...statement, Resource: ['acs:oss:*:*:gr*/x'] })],
  ['no principal', textOf(without('Principal'))],
  ['another owner', textOf({ ...statement, Resource: ['acs:oss:*:2:grain/*'] })],
])('a bucket policy with %s is fine', (_name, text) => {
  expect(readBucketPolicy(text, bucket).statements).toHaveLength(1)
})

function without(...names: readonly string[]): object {
  return Object.fromEntries(Object.entries(statement).filter(([name]) => !names.includes(name)))
}

test.each([
  ['no JSON', '{', /JSON/],
  ['nothing', '', /JSON/],
  ['a list', '[]', /object/],
  ['null', 'null', /object/],
  ['no version', JSON.stringify({ Statement: [statement] }), /Version/],
  ['another version', JSON.stringify({ Version: '2012-10-17', Statement: [statement] }), /Version/],
  ['no statement', JSON.stringify({ Version: '1' }), /Statement 1 must be/],
  ['no statements', textOf(), /must not be empty/],
  ['more', JSON.stringify({ Version: '1', Statement: [statement], Id: 'x' }), /"Id"/],
  ['a misspelt element', textOf({ ...statement, Conditions: {} }), /"Conditions"/],
  ['a number', textOf(statement, { ...statement, Effect: 1 }), /Effect of Statement 2/],
  ['no effect', textOf(without('Effect')), /Effect/],
  ['no action', textOf(without('Action')), /Action or NotAction/],
  ['both actions', textOf({ ...statement, NotAction: ['oss:*'] }), /not both/],
  ['an empty list', textOf({ ...statement, Action: [] }), /list of texts/],
  ['an action of another service', textOf({ ...statement, Action: ['ecs:*'] }), /"ecs:\*"/],
  ['both principals', textOf({ ...statement, NotPrincipal: ['1'] }), /not both/],
  ['a strange principal', textOf({ ...statement, Principal: ['alice'] }), /"alice"/],
  ['no resource', textOf(without('Resource')), /Resource/],
  ['a bare resource', textOf({ ...statement, Resource: ['grain/*'] }), /must be like/],
  [
    'another bucket',
    textOf({ ...statement, Resource: ['acs:oss:*:*:straw/*'] }),
    /in the bucket grain/,
  ],
  [
    'another region',
    textOf({ ...statement, Resource: ['acs:oss:cn-x:*:grain/*'] }),
    /in the bucket/,
  ],
  ['an operator', textOf({ ...statement, Condition: { StringIs: {} } }), /"StringIs"/],
  ['a key', textOf({ ...statement, Condition: { Bool: { 'acs:X': 'true' } } }), /"acs:X"/],
  ['a value', textOf({ ...statement, Condition: { Bool: { 'acs:MFAPresent': [] } } }), /list/],
  ['an object', textOf({ ...statement, Condition: { Bool: { 'acs:MFAPresent': {} } } }), /list/],
])('a bucket policy with %s is refused', (_name, text, message) => {
  const refusal = refusalOf(() => readBucketPolicy(text, bucket))
  expect([refusal.code, refusal.status]).toEqual(['InvalidPolicyDocument', 400])
  expect(refusal.message).toMatch(message)
})

function refusalOf(read: () => unknown): OssError {
  try {
    read()
  } catch (error) {
    if (error instanceof OssError) return error
  }
  throw new Error('It was not refused')
}

test('a policy of a user names no principal, and any service', () => {
  const { Principal: _, ...own } = { ...statement, Action: ['ecs:*', 'oss:GetObject', '*'] }
  expect(readUserPolicy(textOf(own)).statements[0]?.principals).toBeUndefined()
  expect(refusalOf(() => readUserPolicy(textOf(statement))).message).toMatch('"Principal"')
})

test('whatever is sent is read or refused', () => {
  const words = ['1', 'Allow', 'Deny', '*', 'oss:*', 'acs:oss:*:*:grain/*', 'acs:SourceIp', '::/0']
  const names = ['Version', 'Statement', 'Effect', 'Action', 'Resource', 'Principal', 'Condition']
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<unknown>(...words, 1, true, null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names, 'Bool', '__proto__'), tie('value'), { maxKeys: 6 }),
    ),
  }))
  fc.assert(
    fc.property(value, (document) => {
      for (const text of [JSON.stringify(document), textOf(document as object)]) {
        try {
          readBucketPolicy(text, bucket)
        } catch (error) {
          expect(error).toBeInstanceOf(OssError)
        }
      }
    }),
    { numRuns: 500 },
  )
})

test('a public access block is read as it is written', () => {
  for (const isBlocked of [true, false]) {
    expect(readPublicAccessBlock(Buffer.from(writePublicAccessBlock(isBlocked)))).toBe(isBlocked)
  }
  expect(
    readPublicAccessBlock(Buffer.from(writePublicAccessBlock(true).replace('true', 'True'))),
  ).toBe(true)
  for (const flag of ['', 'truth', '1', 'yes']) {
    const text = `<PublicAccessBlockConfiguration><BlockPublicAccess>${flag}</BlockPublicAccess></PublicAccessBlockConfiguration>`
    expect(refusalOf(() => readPublicAccessBlock(Buffer.from(text))).code).toBe('MalformedXML')
  }
  const empty = Buffer.from('<PublicAccessBlockConfiguration/>')
  expect(refusalOf(() => readPublicAccessBlock(empty)).code).toBe('MalformedXML')
})

test('a policy status says whether it is public', () => {
  expect(writePolicyStatus(true)).toContain(
    '<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>',
  )
})
