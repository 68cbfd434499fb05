import fc from 'fast-check'
import { readBucketPolicy } from '../../oss/documents/policy.ts'
import { policyFromS3, policyToS3 } from './bucket-policy.ts'

const ACTIONS = [
  'oss:DeleteObject',
  'oss:GetBucketCors',
  'oss:GetObject',
  'oss:GetObjectVersion',
  'oss:ListObjects',
  'oss:ListParts',
  'oss:PutObject',
]
const statement = {
  Sid: 'one',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: ['arn:aws:s3:::grain/*'],
}

function translate(changes: object, version = '2012-10-17'): Record<string, unknown> {
  const document = { Version: version, Statement: [{ ...statement, ...changes }] }
  const { Statement } = JSON.parse(policyFromS3(JSON.stringify(document), ACTIONS)) as {
    Statement: Record<string, unknown>[]
  }
  return Statement[0]!
}

test.each<[object, object]>([
  [{}, { Principal: ['*'], Action: ['oss:GetObject'], Resource: ['acs:oss:*:*:grain/*'] }],
  [{ Action: 's3:*' }, { Action: ['oss:*'] }],
  [{ Action: '*' }, { Action: ['*'] }],
  [{ Action: ['s3:ListBucket', 's3:PutObject'] }, { Action: ['oss:ListObjects', 'oss:PutObject'] }],
  [{ Action: 's3:PutObjectRetention' }, { Action: ['oss:PutObjectRetention'] }],
  // The same letters mean other actions: ListObjects is ListBucket there.
  [{ Action: 's3:*Object' }, { Action: ['oss:DeleteObject', 'oss:GetObject', 'oss:PutObject'] }],
  [{ Action: 's3:List*' }, { Action: ['oss:ListObjects', 'oss:ListParts'] }],
  [
    { Effect: 'Deny', Action: 's3:List*' },
    { Action: ['oss:ListObjects', 'oss:ListParts', 'oss:List*'] },
  ],
  [
    { Action: undefined, NotAction: 's3:List*' },
    { NotAction: ['oss:ListObjects', 'oss:ListParts', 'oss:List*'] },
  ],
  [{ Effect: 'Deny', Action: undefined, NotAction: 's3:Put*' }, { NotAction: ['oss:PutObject'] }],
  // Whoever is refused the attributes is refused the object: nobody is given it by them.
  [{ Action: 's3:GetObjectAttributes' }, { Action: ['oss:GetObjectAttributes'] }],
  [{ Effect: 'Deny', Action: 's3:GetObjectAttributes' }, { Action: ['oss:GetObject'] }],
  [{ Principal: { AWS: '*' } }, { Principal: ['*'] }],
  [{ Principal: { AWS: ['1000000000000001'] } }, { Principal: ['1000000000000001'] }],
  [{ Principal: { CanonicalUser: '1000000000000001' } }, { Principal: ['1000000000000001'] }],
  [{ Principal: { AWS: 'arn:aws:iam::123:root' } }, { Principal: ['123'] }],
  [{ Principal: { AWS: 'arn:aws:iam::123:user/ann' } }, { Principal: ['acs:ram::123:user/ann'] }],
  [
    { Principal: { AWS: 'arn:aws:sts::123:assumed-role/reader/x' } },
    { Principal: ['arn:sts::123:assumed-role/reader/x'] },
  ],
  [
    {
      Condition: {
        IpAddress: { 'aws:SourceIp': '10.0.0.0/8' },
        Bool: { 'aws:SecureTransport': true },
      },
    },
    {
      Condition: {
        IpAddress: { 'acs:SourceIp': '10.0.0.0/8' },
        Bool: { 'acs:SecureTransport': true },
      },
    },
  ],
  [
    { Condition: { StringLike: { 's3:prefix': 'a*', 's3:ExistingObjectTag/kind': 'x' } } },
    { Condition: { StringLike: { 'oss:Prefix': 'a*', 'oss:ExistingObjectTag/kind': 'x' } } },
  ],
])('%j is said as %j', (changes, expected) => {
  const translated = translate(changes)
  expect(translated).toMatchObject(expected)
  const text = JSON.stringify({ Version: '1', Statement: [translated] })
  const bucket = { name: 'grain', owner: '1000000000000001', region: 'cn-hangzhou' }
  expect(readBucketPolicy(text, bucket).statements).toHaveLength(1)
})

test.each<[object, string]>([
  [{ Action: 'oss:GetObject' }, 'Action cannot be "oss:GetObject"'],
  [{ Action: 'ec2:*' }, 'Action cannot be "ec2:*"'],
  [{ Action: 's3:Fly*' }, 'No action is meant by "s3:Fly*"'],
  [{ Action: 7 }, 'Action cannot be "7"'],
  [{ Resource: 'grain/*' }, 'Resource must be like'],
  [{ Resource: 'acs:oss:*:*:grain/*' }, 'Resource must be like'],
  [{ Principal: { Service: 'x' } }, 'Principal cannot be a "Service"'],
  [{ Principal: { AWS: 'arn:aws:iam::123:group/x' } }, 'Principal cannot be "arn'],
  [{ Principal: ['*'] }, 'Principal must be a JSON object'],
  [{ Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o' } } }, 'cannot ask for'],
  [{ Condition: { StringEquals: 'x' } }, 'must be a JSON object'],
])('%j is refused: %s', (changes, message) => {
  expect(() => translate(changes)).toThrow(message)
})

test.each(['1', '2013-01-01'])('the version %s is refused', (version) => {
  expect(() => translate({}, version)).toThrow('Version must be "2012-10-17"')
})

test.each(['', '[]', '{"Version":"2012-10-17","Statement":[1]}'])('%s is no policy', (text) => {
  expect(() => policyFromS3(text, ACTIONS)).toThrow('must be')
})

test('what is said back means the same again', () => {
  const actions = fc.constantFrom('oss:GetObject', 'oss:ListObjects', 'oss:*', 'oss:PutObject', '*')
  const principals = fc.constantFrom(
    '*',
    '123',
    'acs:ram::123:user/ann',
    'arn:sts::1:assumed-role/r/s',
  )
  const own = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Principal: fc.uniqueArray(principals, { minLength: 1 }),
    Action: fc.uniqueArray(actions, { minLength: 1 }),
    Resource: fc.uniqueArray(fc.constantFrom('acs:oss:*:*:grain', 'acs:oss:*:*:grain/a:b/*'), {
      minLength: 1,
    }),
    Condition: fc.constantFrom(
      { IpAddress: { 'acs:SourceIp': ['10.0.0.0/8'] } },
      { StringLike: { 'oss:Prefix': 'a' } },
    ),
  })
  fc.assert(
    fc.property(fc.array(own, { minLength: 1 }), (Statement) => {
      const text = JSON.stringify({ Version: '1', Statement })
      expect(JSON.parse(policyFromS3(policyToS3(text), ACTIONS))).toEqual(JSON.parse(text))
    }),
  )
})
