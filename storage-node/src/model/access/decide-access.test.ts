import type { BucketAcl } from '../bucket.ts'
import type { ObjectAcl } from '../object.ts'
import { accountA, accountB, compiledOf, contextOf } from './access-fixtures.ts'
import type { StatementFixture } from './access-fixtures.ts'
import { decideAccess } from './decide-access.ts'
import type { Access, AccessQuestion } from './decide-access.ts'
import type { Identity } from './identity.ts'
import {
  accountIdentity,
  ANONYMOUS_IDENTITY,
  ramUserIdentity,
  sessionIdentity,
} from './identity.ts'

const ALICE = '3000000000000001'
const BOB = '4000000000000001'
const SESSION = `arn:sts::${accountA}:assumed-role/miller/friday`

const all: StatementFixture = {}
/** Policies by the names that the table gives them. */
const policies: Record<string, readonly StatementFixture[]> = {
  all: [all],
  reads: [{ actions: ['oss:Get*', 'oss:List*'] }],
  puts: [{ actions: ['oss:PutObject'], resources: ['acs:oss:*:*:grain/*'] }],
  other: [{ resources: ['acs:oss:*:*:straw', 'acs:oss:*:*:straw/*'] }],
  denyAll: [{ effect: 'Deny' }],
  denyReads: [{ effect: 'Deny', actions: ['oss:GetObject'] }],
  allButReads: [all, { effect: 'Deny', actions: ['oss:GetObject'] }],
  allByTls: [all, { effect: 'Deny', conditions: [flag('acs:SecureTransport', 'false')] }],
  everybody: [{ principals: ['*'] }],
  everybodyReads: [{ principals: ['*'], actions: ['oss:GetObject', 'oss:ListObjects'] }],
  everybodyNear: [{ principals: ['*'], conditions: [near('192.0.2.0/24')] }],
  everybodyFar: [{ principals: ['*'], conditions: [near('198.51.100.0/24')] }],
  owner: [{ principals: [accountA] }],
  alice: [{ principals: [ALICE] }],
  bob: [{ principals: [`acs:ram::${accountB}:user/bob`] }],
  strangers: [{ principals: [accountB] }],
  session: [{ principals: [SESSION] }],
  role: [{ principals: [`acs:ram::${accountA}:role/miller`] }],
  allButAlice: [{ notPrincipals: [ALICE] }],
  noAlice: [{ effect: 'Deny', principals: [ALICE] }],
  nobody: [{ effect: 'Deny', principals: ['*'] }],
  onlyOwner: [{ effect: 'Deny', notPrincipals: [accountA] }],
  noReads: [{ effect: 'Deny', principals: ['*'], actions: ['oss:GetObject'] }],
}

function flag(key: string, value: string) {
  return { operator: 'Bool', key, values: [value] } as const
}

function near(network: string) {
  return { operator: 'IpAddress', key: 'acs:SourceIp', values: [network] } as const
}

/** What is asked for, in the order of the letters at the end of each row. */
const requests: [letter: string, action: string, access: Access, path: string][] = [
  ['m', 'oss:GetBucketInfo', 'manage', 'grain'],
  ['l', 'oss:ListObjects', 'list', 'grain'],
  ['r', 'oss:GetObject', 'read', 'grain/barley'],
  ['w', 'oss:PutObject', 'write', 'grain/barley'],
]

/**
 * Who, with which own policy and session policy; policy and ACL of the bucket, which account A owns; ACL
 * of the object; whether public access is blocked. Then what is given: to manage, list, read, write.
 */
const table = `
anonymous -           -         -              private           default           open    ----
anonymous -           -         -              public-read       default           open    -lr-
anonymous -           -         -              public-read-write default           open    -lrw
anonymous -           -         -              private           public-read       open    --r-
anonymous -           -         -              private           public-read-write open    --rw
anonymous -           -         -              public-read-write private           open    -l--
anonymous -           -         -              public-read-write public-read       open    -lr-
anonymous -           -         -              public-read-write default           blocked ----
anonymous -           -         -              private           public-read-write blocked ----
anonymous -           -         everybody      private           default           open    mlrw
anonymous -           -         everybodyReads private           default           open    -lr-
anonymous -           -         everybodyReads private           private           open    -lr-
anonymous -           -         everybodyReads private           default           blocked ----
anonymous -           -         everybodyNear  private           default           open    mlrw
anonymous -           -         everybodyNear  private           default           blocked mlrw
anonymous -           -         everybodyFar   private           default           open    ----
anonymous -           -         noReads        public-read-write default           open    -l-w
anonymous -           -         nobody         public-read-write default           open    ----
anonymous -           -         owner          private           default           open    ----
anonymous -           -         allButAlice    private           default           open    mlrw
anonymous -           -         allButAlice    private           default           blocked ----
anonymous -           -         onlyOwner      public-read       default           open    ----
anonymous -           -         alice          public-read       default           open    -lr-
owner     -           -         -              private           default           open    mlrw
owner     -           -         -              private           private           open    mlrw
owner     -           -         -              private           private           blocked mlrw
owner     -           -         noReads        private           default           open    ml-w
owner     -           -         nobody         private           default           open    ----
owner     -           -         nobody         public-read-write default           open    ----
owner     -           -         onlyOwner      private           default           open    mlrw
owner     -           -         alice          private           default           open    mlrw
owner     -           -         noAlice        private           default           open    mlrw
alice     -           -         -              private           default           open    ----
alice     -           -         -              public-read       default           open    -lr-
alice     -           -         -              public-read-write default           open    -lrw
alice     -           -         -              public-read-write private           open    -l--
alice     -           -         -              public-read-write default           blocked ----
alice     all         -         -              private           default           open    mlrw
alice     all         -         -              private           private           blocked mlrw
alice     reads       -         -              private           default           open    mlr-
alice     reads       -         -              public-read-write default           open    mlrw
alice     puts        -         -              private           default           open    ---w
alice     other       -         -              private           default           open    ----
alice     denyAll     -         -              public-read-write default           open    ----
alice     denyReads   -         -              public-read       default           open    -l--
alice     allButReads -         -              private           public-read       open    ml-w
alice     allByTls    -         -              private           default           open    ----
alice     all         -         noAlice        private           default           open    ----
alice     all         -         noReads        private           default           open    ml-w
alice     all         -         onlyOwner      private           default           open    ----
alice     -           -         alice          private           default           open    mlrw
alice     -           -         owner          private           default           open    ----
alice     denyReads   -         alice          private           default           open    ml-w
alice     denyAll     -         alice          private           default           open    ----
alice     puts        -         everybodyReads private           default           open    -lrw
alice     puts        -         everybodyReads private           default           blocked ---w
alice     -           -         allButAlice    private           default           open    ----
stranger  -           -         -              private           default           open    ----
stranger  -           -         -              public-read       default           open    -lr-
stranger  -           -         -              public-read-write default           open    -lrw
stranger  -           -         -              public-read       private           open    -l--
stranger  -           -         -              public-read-write default           blocked ----
stranger  -           -         strangers      private           default           open    mlrw
stranger  -           -         strangers      private           private           blocked mlrw
stranger  -           -         alice          private           default           open    ----
stranger  -           -         onlyOwner      public-read-write default           open    ----
stranger  -           -         allButAlice    private           default           open    mlrw
bob       -           -         -              private           default           open    ----
bob       all         -         -              private           default           open    ----
bob       all         -         -              public-read       default           open    -lr-
bob       all         -         -              private           public-read-write open    --rw
bob       all         -         strangers      private           default           open    ----
bob       -           -         bob            private           default           open    mlrw
bob       all         -         bob            private           default           open    mlrw
bob       denyReads   -         bob            private           default           open    ml-w
bob       denyAll     -         -              public-read-write default           open    ----
bob       other       -         everybodyReads private           default           open    -lr-
session   -           -         -              private           default           open    ----
session   -           -         -              public-read       default           open    -lr-
session   all         -         -              private           default           open    mlrw
session   reads       -         -              private           default           open    mlr-
session   all         reads     -              private           default           open    mlr-
session   reads       all       -              private           default           open    mlr-
session   reads       puts      -              private           default           open    ----
session   puts        puts      -              private           default           open    ---w
session   all         other     -              public-read-write default           open    ----
session   all         denyReads -              private           default           open    ----
session   all         allButReads -            private           default           open    ml-w
session   -           reads     -              public-read-write default           open    -lr-
session   -           all       session        private           default           open    mlrw
session   -           reads     session        private           default           open    mlr-
session   -           -         role           private           default           open    mlrw
session   denyReads   all       role           private           default           open    ml-w
session   all         all       nobody         private           default           open    ----
session   all         reads     noReads        private           default           open    ml--
session   -           -         owner          private           default           open    ----
`

const rows = table
  .trim()
  .split('\n')
  .flatMap((line) => {
    const [who, own, session, policy, acl, objectAcl, block, given] = line.split(/ +/)
    return requests.map(([letter, action, access, path]) => {
      const name = `${who}, own ${own}, session ${session}, bucket ${policy} ${acl} ${block}, object ${objectAcl}`
      const isGiven = given?.includes(letter) === true
      const question = {
        ...{ action, access, owner: accountA, context: contextOf() },
        identity: identityOf(who ?? '', policyNamed(own), policyNamed(session)),
        resource: { service: 'oss', region: 'cn-hangzhou', owner: accountA, path },
        bucket: {
          acl: acl as BucketAcl,
          policy: policyNamed(policy),
          blocksPublicAccess: block === 'blocked',
        },
        objectAcl: path === 'grain' ? undefined : (objectAcl as ObjectAcl),
      } satisfies AccessQuestion
      return [name, action, isGiven, question] as const
    })
  })

function policyNamed(name: string | undefined) {
  const statements = policies[name ?? '']
  return statements && compiledOf(...statements)
}

function identityOf(
  who: string,
  own: ReturnType<typeof policyNamed>,
  session: ReturnType<typeof policyNamed>,
): Identity {
  const list = own === undefined ? [] : [own]
  switch (who) {
    case 'owner':
      return accountIdentity(accountA)
    case 'stranger':
      return accountIdentity(accountB)
    case 'alice':
      return ramUserIdentity(accountA, { id: ALICE, name: 'alice' }, list)
    case 'bob':
      return ramUserIdentity(accountB, { id: BOB, name: 'bob' }, list)
    case 'session':
      return sessionIdentity(
        accountA,
        { id: '5000000000000001', name: 'miller', session: 'friday' },
        list,
        session,
      )
    default:
      return ANONYMOUS_IDENTITY
  }
}

test('the table is large', () => {
  expect(rows.length).toBeGreaterThan(200)
})

test.each(rows)('%s: %s is %s', (_name, _action, isGiven, question) => {
  expect(decideAccess(question).kind).toBe(isGiven ? 'allowed' : 'denied')
})

test.each(rows)('%s: %s is decided alike before the object is read', (...row) => {
  const [, , , question] = row
  if (question.objectAcl === undefined) return
  const early = decideAccess({ ...question, objectAcl: 'unread' })
  if (early.kind !== 'needsObject') expect(early).toEqual(decideAccess(question))
})

const alice = ramUserIdentity(accountA, { id: ALICE, name: 'alice' }, [compiledOf(all)])
const byTag = compiledOf({
  principals: ['*'],
  conditions: [{ operator: 'StringEquals', key: 'oss:ExistingObjectTag/grain', values: ['oats'] }],
})

function aboutObject(parts: Partial<AccessQuestion>): AccessQuestion {
  return {
    identity: ANONYMOUS_IDENTITY,
    action: 'oss:GetObject',
    access: 'read',
    owner: accountA,
    resource: { service: 'oss', region: 'cn-hangzhou', owner: accountA, path: 'grain/barley' },
    bucket: { acl: 'private', policy: undefined, blocksPublicAccess: false },
    objectAcl: 'unread',
    context: contextOf(),
    ...parts,
  }
}

test('an object is read only where its ACL or its tags decide', () => {
  const rights = { acl: 'private', blocksPublicAccess: false } as const
  expect(decideAccess(aboutObject({})).kind).toBe('needsObject')
  expect(decideAccess(aboutObject({ identity: alice })).kind).toBe('allowed')
  const blocked = { ...rights, policy: undefined, blocksPublicAccess: true }
  expect(decideAccess(aboutObject({ bucket: blocked }))).toEqual({ kind: 'denied', by: 'acl' })
  const tagged = { ...rights, policy: byTag }
  expect(decideAccess(aboutObject({ identity: alice, bucket: tagged })).kind).toBe('needsObject')
  const read = (tags: Record<string, string>) =>
    decideAccess(
      aboutObject({ bucket: tagged, objectAcl: 'default', context: contextOf({ tags }) }),
    )
  expect(read({ grain: 'oats' }).kind).toBe('allowed')
  expect(read({ grain: 'rye' }).kind).toBe('denied')
  expect(read({}).kind).toBe('denied')
})

test.each(['oss:PutBucketPolicy', 'oss:GetBucketPolicy', 'oss:DeleteBucketPolicy'])(
  'the account that owns a bucket may %s whatever the policy says, others may not',
  (action) => {
    const bucket = {
      acl: 'private',
      policy: compiledOf({ effect: 'Deny', principals: ['*'] }),
      blocksPublicAccess: false,
    } as const
    const asked = { action, access: 'manage', bucket, objectAcl: undefined } as const
    const owner = accountIdentity(accountA)
    expect(decideAccess(aboutObject({ ...asked, identity: owner })).kind).toBe('allowed')
    expect(decideAccess(aboutObject({ ...asked, identity: alice })).kind).toBe('denied')
    const others = { ...asked, action: 'oss:GetBucketInfo', identity: owner }
    expect(decideAccess(aboutObject(others)).kind).toBe('denied')
  },
)

test('where there is no bucket, accounts may, users need a policy, the anonymous may nothing', () => {
  const asked = (identity: Identity) =>
    decideAccess(
      aboutObject({ identity, access: 'manage', bucket: undefined, objectAcl: undefined }),
    )
  expect(asked(accountIdentity(accountA)).kind).toBe('allowed')
  expect(asked(alice).kind).toBe('allowed')
  const none = ramUserIdentity(accountA, { id: ALICE, name: 'alice' }, [])
  expect(asked(none)).toEqual({ kind: 'denied', by: 'nobody' })
  expect(asked(ANONYMOUS_IDENTITY)).toEqual({ kind: 'denied', by: 'nobody' })
  expect(asked(accountIdentity(accountB))).toEqual({ kind: 'denied', by: 'nobody' })
})
