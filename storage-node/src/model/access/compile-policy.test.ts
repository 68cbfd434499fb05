import {
  accountA,
  accountB,
  compiledOf,
  contextOf,
  policyOf,
  questionOf,
} from './access-fixtures.ts'
import type { StatementFixture } from './access-fixtures.ts'
import { compilePolicy } from './compile-policy.ts'
import { accountIdentity, ramUserIdentity, sessionIdentity } from './identity.ts'
import { isPublicPolicy } from './is-public.ts'
import { BUCKET_POLICY_BYTES_MAX } from './policy.ts'

test.each([
  [['oss:GetObject'], 'oss:GetObject', true],
  [['oss:getobject'], 'oss:GetObject', true],
  [['oss:Get*'], 'oss:GetObject', true],
  [['oss:Get*'], 'oss:PutObject', false],
  [['oss:?etObject'], 'oss:GetObject', true],
  [['*'], 'oss:GetObject', true],
  [['ecs:*'], 'oss:GetObject', false],
  [['oss:PutObject', 'oss:GetObject'], 'oss:GetObject', true],
])('actions %j are about %s: %s', (actions, action, expected) => {
  const verdict = compiledOf({ actions }).judge(questionOf({ action }))
  expect(verdict).toBe(expected ? 'allow' : 'silent')
  const others = compiledOf({ notActions: actions }).judge(questionOf({ action }))
  expect(others).toBe(expected ? 'silent' : 'allow')
})

test.each([
  ['*', 'grain/barley', true],
  ['acs:oss:*:*:*', 'grain/barley', true],
  ['acs:oss:*:*:*', '*', true],
  ['acs:oss:*:*:grain', '*', false],
  ['acs:oss:*:*:grain', 'grain', true],
  ['acs:oss:*:*:grain', 'grain/barley', false],
  ['acs:oss:*:*:grain/*', 'grain', false],
  ['acs:oss:*:*:grain/*', 'grain/a/b', true],
  ['acs:oss:*:*:grain/b*y', 'grain/barley', true],
  ['acs:oss:*:*:grain/a:b', 'grain/a:b', true],
  [`acs:oss:*:${accountA}:grain/*`, 'grain/barley', true],
  [`acs:oss:*:${accountB}:grain/*`, 'grain/barley', false],
  ['acs:oss:cn-hangzhou:*:grain/*', 'grain/barley', true],
  ['acs:oss:oss-cn-hangzhou:*:grain/*', 'grain/barley', true],
  ['acs:oss:cn-shanghai:*:grain/*', 'grain/barley', false],
  ['acs:oss:::grain/*', 'grain/barley', true],
  ['acs:ram:*:*:grain/*', 'grain/barley', false],
  ['acs:oss:*:grain/*', 'grain/barley', false],
  ['grain/*', 'grain/barley', false],
])('the resource %s is about %s: %s', (resource, path, expected) => {
  const verdict = compiledOf({ resources: [resource] }).judge(questionOf({ path }))
  expect(verdict).toBe(expected ? 'allow' : 'silent')
})

const alice = ramUserIdentity(accountA, { id: '3000000000000001', name: 'alice' }, [])
const miller = { id: '5000000000000001', name: 'miller', session: 'friday' }
const session = sessionIdentity(accountA, miller, [], undefined)

test.each([
  ['3000000000000001', alice, true],
  [accountA, alice, false],
  [accountA, accountIdentity(accountA), true],
  [`acs:ram::${accountA}:root`, accountIdentity(accountA), true],
  [`acs:ram::${accountA}:*`, accountIdentity(accountA), true],
  [`acs:ram::${accountA}:*`, alice, true],
  [`acs:ram::${accountB}:*`, alice, false],
  [`acs:ram::${accountA}:user/al*`, alice, true],
  [`acs:ram::${accountA}:user/bob`, alice, false],
  [`acs:ram::${accountA}:role/miller`, session, true],
  [`acs:ram::${accountA}:role/mill`, session, false],
  [`arn:sts::${accountA}:assumed-role/miller/friday`, session, true],
  [`arn:sts::${accountA}:assumed-role/miller/*`, session, true],
  [`arn:sts::${accountA}:assumed-role/miller/monday`, session, false],
  ['*', session, true],
])('the principal %s is %j: %s', (principal, identity, expected) => {
  const question = questionOf({ identity })
  const verdict = compiledOf({ principals: [principal] }).judge(question)
  expect(verdict).toBe(expected ? 'allow' : 'silent')
  const others = compiledOf({ notPrincipals: [principal] }).judge(question)
  expect(others).toBe(expected ? 'silent' : 'allow')
})

test('a deny beats an allow, wherever it stands', () => {
  expect(compiledOf({}, { effect: 'Deny' }).judge(questionOf())).toBe('deny')
  expect(compiledOf({ effect: 'Deny' }, {}).judge(questionOf())).toBe('deny')
  expect(compiledOf({}, { effect: 'Deny', actions: ['oss:Put*'] }).judge(questionOf())).toBe(
    'allow',
  )
})

test('all conditions of a statement have to hold', () => {
  const one = { operator: 'Bool', key: 'acs:SecureTransport', values: ['true'] } as const
  const other = { operator: 'StringEquals', key: 'acs:AccessId', values: ['id'] } as const
  const judge = (isSecure: boolean, accessKeyId: string) =>
    compiledOf({ conditions: [one, other] }).judge(
      questionOf({ context: contextOf({ isSecure, accessKeyId }) }),
    )
  expect(judge(true, 'id')).toBe('allow')
  expect(judge(false, 'id')).toBe('silent')
  expect(judge(true, 'other')).toBe('silent')
})

const everybody: StatementFixture = { principals: ['*'] }
const from = (...values: string[]) =>
  ({ operator: 'IpAddress', key: 'acs:SourceIp', values }) as const

test.each<[string, StatementFixture, boolean]>([
  ['everybody', everybody, true],
  ['all but one', { notPrincipals: [accountA] }, true],
  ['one', { principals: [accountA] }, false],
  ['a denied everybody', { ...everybody, effect: 'Deny' }, false],
  ['a network', { ...everybody, conditions: [from('10.0.0.0/8')] }, false],
  ['a large network', { ...everybody, conditions: [from('10.0.0.0/7')] }, true],
  ['everywhere', { ...everybody, conditions: [from('10.0.0.1', '0.0.0.0/0')] }, true],
  ['everywhere in IPv6', { ...everybody, conditions: [from('::/0')] }, true],
  ['a network of IPv6', { ...everybody, conditions: [from('2001:db8::/32')] }, false],
  [
    'not a network',
    { ...everybody, conditions: [{ ...from('10.0.0.0/8'), operator: 'NotIpAddress' }] },
    true,
  ],
  [
    'a key',
    {
      ...everybody,
      conditions: [{ operator: 'StringEquals', key: 'acs:AccessId', values: ['id'] }],
    },
    false,
  ],
  [
    'any key',
    { ...everybody, conditions: [{ operator: 'StringLike', key: 'acs:AccessId', values: ['*'] }] },
    true,
  ],
  [
    'all but a network that is named',
    {
      ...everybody,
      conditions: [{ operator: 'StringNotEquals', key: 'acs:SourceVpc', values: ['v'] }],
    },
    true,
  ],
])('a policy for %s is public: %s %s', (_name, statement, expected) => {
  expect(isPublicPolicy(policyOf(statement))).toBe(expected)
  const compiled = compiledOf(statement, { principals: [accountB], effect: 'Deny' })
  expect(compiled.isPublic).toBe(expected)
})

test('a long policy is judged in microseconds', () => {
  const statements = Array.from({ length: 100 }, (_, at) => ({
    principals: ['3000000000000002', '3000000000000003'],
    actions: ['oss:GetObject'],
    resources: [`acs:oss:*:${accountA}:grain/fields/${at}/*`, `acs:oss:*:*:grain/barns/${at}/*`],
    conditions: [from('10.0.0.0/8')],
  }))
  const text = JSON.stringify(statements)
  expect(text.length).toBeGreaterThan(BUCKET_POLICY_BYTES_MAX)
  const policy = compilePolicy(policyOf(...statements))
  const question = questionOf({ identity: alice, path: 'grain/fields/none/x' })
  // Short ones: on a machine that does other things too, some are not interrupted.
  const rounds = 100
  let fastestUs = Infinity
  for (let attempt = 0; attempt < 400; attempt++) {
    const started = performance.now()
    for (let round = 0; round < rounds; round++) policy.judge(question)
    fastestUs = Math.min(fastestUs, ((performance.now() - started) * 1000) / rounds)
  }
  expect(fastestUs).toBeLessThan(15)
})
