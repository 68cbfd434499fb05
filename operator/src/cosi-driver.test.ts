import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js'
import { systemClock, type Clock } from '@granary/storage-node/base/clock'
import type { LogFields } from '@granary/storage-node/base/logger'
import { CosiDriver } from './cosi/cosi-driver.ts'
import { AUTHENTICATION_KEY, identityService, provisionerService } from './cosi/cosi-messages.ts'
import { COSI_MANAGER } from './cosi/cosi-objects.ts'
import { startCosiServer, type CosiServer } from './cosi/cosi-server.ts'
import { MemoryKubernetesApi } from './kubernetes/memory-kubernetes-api.ts'
import { NAMESPACE, REGION, TestCluster } from './reconcilers/reconciler-fixtures.ts'
import { accessKeys, type AccessKey } from './resources/access-key.ts'
import { buckets, type Bucket } from './resources/bucket.ts'
import { secrets } from './resources/built-in.ts'

type Answer = Readonly<Record<string, unknown>>

const COSI = 'cosi'
const SOCKETS = mkdtempSync(join(tmpdir(), 'granary-cosi-'))
const CLAIM = 'bucket-0001'
const ACCESS = 'ba-0001'
const at = (name: string) => ({ namespace: COSI, name })
const grant = { bucketId: CLAIM, name: ACCESS, authenticationType: AUTHENTICATION_KEY }
const revoke = { bucketId: CLAIM, accountId: ACCESS }

let driverCount = 0

/** A driver with a region and an operator, which looks at everything whenever the driver waits. */
class TestDriver {
  readonly lines: string[] = []
  readonly api: MemoryKubernetesApi
  isOperatorAway = false
  readonly #test: TestCluster
  readonly #socketPath: string
  #client: Client
  readonly #servers: CosiServer[] = []
  #reconciled = Promise.resolve()

  private constructor(test: TestCluster) {
    this.#socketPath = join(SOCKETS, `${++driverCount}.sock`)
    this.#client = this.#connect()
    this.#test = test
    const { memory: cluster, clock } = test
    this.api = new MemoryKubernetesApi({ cluster, clock, manager: COSI_MANAGER })
  }

  static async start(test: TestCluster): Promise<TestDriver> {
    const driver = new TestDriver(test)
    await driver.start()
    return driver
  }

  #connect(): Client {
    return new Client(`unix:${this.#socketPath}`, credentials.createInsecure())
  }

  /** Another one takes its place, which finds the socket that it left behind. */
  async startAgain(): Promise<void> {
    await this.start()
    this.#client.close()
    this.#client = this.#connect()
  }

  async start(socketPath = this.#socketPath): Promise<void> {
    const write = (level: string) => (message: string, fields?: LogFields) => {
      this.lines.push(JSON.stringify({ level, message, ...fields }))
    }
    const server = await startCosiServer({
      driver: new CosiDriver({
        ...{ api: this.api, clock: this.#clock, driverName: 'granary.dev', namespace: COSI },
        defaultRegion: { namespace: NAMESPACE, name: REGION },
      }),
      clock: systemClock,
      logger: { info: write('info'), warn: write('warn'), error: write('error') },
      socketPath,
    })
    this.#servers.push(server)
  }

  async stop(): Promise<void> {
    this.#client.close()
    for (const server of this.#servers) await server.stop()
  }

  /** What a call answers, or the code and the words of its refusal. */
  call(name: string, request: object): Promise<Answer> {
    const method = { ...identityService, ...provisionerService }[name]
    if (method === undefined) throw new Error(`There is no call ${name}`)
    const { path, requestSerialize, responseDeserialize } = method
    return this.#send(path, requestSerialize, responseDeserialize, request)
  }

  /** The same with bytes as they are on the wire. */
  callBytes(path: string, bytes: Buffer): Promise<Buffer> {
    return this.#send(
      path,
      (sent: Buffer) => sent,
      (received: Buffer) => received,
      bytes,
    )
  }

  async refusal(name: string, request: object): Promise<string> {
    const answered = this.call(name, request)
    return answered.then(
      () => 'none',
      ({ code, details }: ServiceError) => `${status[code]} ${details}`,
    )
  }

  #send<Request, Response>(
    path: string,
    serialize: (request: Request) => Buffer,
    deserialize: (bytes: Buffer) => Response,
    request: Request,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, serialize, deserialize, request, (error, answer) => {
        if (error === null && answer !== undefined) resolve(answer)
        else reject(error ?? new Error('No answer'))
      })
    })
  }

  get #clock(): Clock {
    const { clock } = this.#test
    return {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      schedule: (delayMs, callback) => {
        clock.advance(delayMs)
        this.#reconciled = this.#reconciled.then(() => this.#reconcile())
        void this.#reconciled.then(callback)
        return { cancel() {} }
      },
    }
  }

  async #reconcile(): Promise<void> {
    if (!this.isOperatorAway) await this.#test.reconcileAll()
  }
}

let test_: TestCluster
let driver: TestDriver

beforeEach(async () => {
  test_ = await TestCluster.withRegion()
  driver = await TestDriver.start(test_)
})
afterEach(() => driver.stop())
afterAll(() => rmSync(SOCKETS, { recursive: true }))

const bucketOf = (name = CLAIM) => test_.memory.get(buckets, at(name)) as Bucket | undefined
const keyOf = (name = ACCESS) => test_.memory.get(accessKeys, at(name)) as AccessKey | undefined
const create = (parameters = {}, name = CLAIM) => {
  return driver.call('DriverCreateBucket', { name, parameters })
}

test('from a bucket to credentials and back', async () => {
  expect(await driver.call('DriverGetInfo', {})).toEqual({ name: 'granary.dev' })
  expect(await create({ acl: 'public-read', storageClass: 'IA' })).toEqual({
    bucketId: CLAIM,
    bucketInfo: { s3: { region: REGION, signatureVersion: 2 } },
  })
  expect(test_.region.buckets.get(CLAIM)).toMatchObject({ acl: 'public-read', storageClass: 'IA' })
  const granted = await driver.call('DriverGrantBucketAccess', grant)
  const [[accessKeyID, pair] = []] = [...test_.region.accessKeys]
  const accessSecretKey = pair?.accessKeySecret
  expect(granted).toEqual({
    accountId: ACCESS,
    credentials: {
      s3: {
        secrets: {
          ...{ accessKeyID, accessSecretKey, region: REGION },
          endpoint: `http://oss-${REGION}.${NAMESPACE}.svc`,
        },
      },
    },
  })
  expect(JSON.stringify(pair?.policies)).toContain(`acs:oss:*:*:${CLAIM}/*`)
  await driver.call('DriverRevokeBucketAccess', revoke)
  expect(test_.region.accessKeys.size).toBe(0)
  await driver.call('DriverDeleteBucket', { bucketId: CLAIM })
  expect(test_.region.buckets.has(CLAIM)).toBe(false)
  expect(bucketOf()).toBeUndefined()
  expect(driver.lines).toHaveLength(5)
  expect(driver.lines.join()).not.toContain(accessSecretKey)
})

test('a call that is repeated does no more than the first, at a driver that was started since too', async () => {
  const first = await create({ acl: 'private', versioning: 'Enabled' })
  const granted = await driver.call('DriverGrantBucketAccess', grant)
  const before = [bucketOf()?.metadata.uid, keyOf()?.metadata.uid]
  await driver.startAgain()
  expect(await create({ versioning: 'Enabled', acl: 'private' })).toEqual(first)
  expect(await driver.call('DriverGrantBucketAccess', grant)).toEqual(granted)
  expect([bucketOf()?.metadata.uid, keyOf()?.metadata.uid]).toEqual(before)
  expect(test_.region.accessKeys.size).toBe(1)
  for (let turn = 0; turn < 2; turn++) {
    expect(await driver.call('DriverRevokeBucketAccess', revoke)).toEqual({})
    expect(await driver.call('DriverDeleteBucket', { bucketId: CLAIM })).toEqual({})
  }
})

test('calls at the same time make one bucket and one pair', async () => {
  const made = await Promise.all([create(), create(), create()])
  expect(new Set(made.map((answer) => JSON.stringify(answer))).size).toBe(1)
  const calls = [1, 2, 3].map(() => driver.call('DriverGrantBucketAccess', grant))
  expect(new Set((await Promise.all(calls)).map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(test_.region.accessKeys.size).toBe(1)
})

test('what is there already and was asked for by other words is refused and left alone', async () => {
  await create({ acl: 'private' })
  await driver.call('DriverGrantBucketAccess', { ...grant, parameters: { access: 'Read' } })
  const before = JSON.stringify([bucketOf(), keyOf()])
  const again = { name: CLAIM, parameters: { acl: 'public-read' } }
  expect(await driver.refusal('DriverCreateBucket', again)).toMatch(/^ALREADY_EXISTS .*other param/)
  // The sidecar would take this code for an answer that it does not have.
  const regrant = { ...grant, parameters: { access: 'Full' } }
  expect(await driver.refusal('DriverGrantBucketAccess', regrant)).toMatch(/^INVALID_ARGUMENT /)
  expect(JSON.stringify([bucketOf(), keyOf()])).toBe(before)
})

test('what others made is no bucket or access of COSI', async () => {
  await test_.make(buckets, COSI, 'ours')
  await test_.make(accessKeys, COSI, 'ours', { permissions: [] })
  await test_.settle()
  const bucket = { name: 'ours', parameters: {} }
  expect(await driver.refusal('DriverCreateBucket', bucket)).toMatch(/^ALREADY_EXISTS /)
  await create()
  const access = { ...grant, name: 'ours' }
  expect(await driver.refusal('DriverGrantBucketAccess', access)).toMatch(/^INVALID_ARGUMENT /)
  const request = { bucketId: CLAIM, accountId: 'ours' }
  expect(await driver.refusal('DriverRevokeBucketAccess', request)).toMatch(/^INVALID_ARGUMENT /)
  expect(keyOf('ours')).toBeDefined()
  // An administrator gives a bucket to COSI by its name.
  await driver.call('DriverGrantBucketAccess', { ...grant, bucketId: 'ours' })
  expect(await driver.refusal('DriverRevokeBucketAccess', revoke)).toMatch(/^INVALID_ARGUMENT /)
})

const LONG = 'a'.repeat(5_000)
const parameters = (values: object) => ({ name: CLAIM, parameters: values })
const access = (values: object) => ({ ...grant, parameters: values })

const refused: readonly [string, object, string][] = [
  ['DriverCreateBucket', {}, 'name must be set'],
  ['DriverCreateBucket', { name: 'Bucket_1' }, 'name must be 3 to 63 of a-z, 0-9 and -'],
  ['DriverCreateBucket', { name: 'a.b.c' }, 'is "a.b.c"'],
  ['DriverCreateBucket', { name: '../../x' }, 'is "../../x"'],
  ['DriverCreateBucket', { name: 'ab' }, '3 to 63'],
  ['DriverCreateBucket', { name: LONG }, 'is "aaaa'],
  ['DriverCreateBucket', parameters({ acl: 'everybody' }), 'Parameter acl: '],
  ['DriverCreateBucket', parameters({ acl: 'x', storageClass: 'y' }), 'Parameter storageClass: '],
  ['DriverCreateBucket', parameters({ versioning: 'yes' }), 'Parameter versioning: '],
  ['DriverCreateBucket', parameters({ region: 'No Region' }), 'is "No Region"'],
  ['DriverCreateBucket', parameters({ region: 'a/b/c' }), 'name or namespace/name'],
  ['DriverCreateBucket', parameters({ deleteContents: 'yes' }), 'must be true or false, is "yes"'],
  ['DriverCreateBucket', parameters({ deletionPolicy: 'Delete' }), 'There is no parameter'],
  ['DriverCreateBucket', parameters({ bucketName: 'other' }), 'no parameter "bucketName"'],
  ['DriverCreateBucket', parameters({ ['__proto__']: 'a' }), 'There is no parameter'],
  ['DriverCreateBucket', parameters({ [LONG]: 'a' }), 'must have 4096 bytes at most'],
  ['DriverDeleteBucket', {}, 'bucket_id must be set'],
  ['DriverDeleteBucket', { bucketId: 'a/b' }, 'bucket_id must be the name of a Bucket'],
  ['DriverDeleteBucket', { bucketId: CLAIM, deleteContext: { a: 'b' } }, 'no parameter "a"'],
  ['DriverGrantBucketAccess', { ...grant, name: '' }, 'name must be set'],
  ['DriverGrantBucketAccess', { ...grant, name: 'a/b' }, 'name must be'],
  ['DriverGrantBucketAccess', { ...grant, bucketId: '' }, 'bucket_id must be set'],
  ['DriverGrantBucketAccess', { ...grant, authenticationType: 0 }, 'type must be Key'],
  ['DriverGrantBucketAccess', { ...grant, authenticationType: 2 }, 'type must be Key'],
  ['DriverGrantBucketAccess', { ...grant, authenticationType: 99 }, 'type must be Key'],
  ['DriverGrantBucketAccess', access({ access: 'Everything' }), 'Parameter access: '],
  ['DriverGrantBucketAccess', access({ prefix: 'a*' }), 'must hold no *'],
  ['DriverGrantBucketAccess', access({ prefix: 'a'.repeat(600) }), 'Parameter prefix: '],
  ['DriverGrantBucketAccess', access({ policy: '{}' }), 'no parameter "policy"'],
  ['DriverRevokeBucketAccess', { bucketId: CLAIM }, 'account_id must be set'],
  ['DriverRevokeBucketAccess', { accountId: ACCESS }, 'bucket_id must be set'],
  ['DriverRevokeBucketAccess', { ...revoke, accountId: 'a b' }, 'account_id must be'],
]

test('what is wrong or missing is refused before anything is done', async () => {
  await test_.make(buckets, COSI, CLAIM)
  const { revision } = test_.memory
  for (const [name, request, words] of refused) {
    const refusal = await driver.refusal(name, request)
    expect(refusal).toMatch(/^INVALID_ARGUMENT /)
    expect(refusal).toContain(words)
  }
  expect(test_.memory.revision).toBe(revision)
})

test('an access to a bucket that is not there is refused', async () => {
  expect(await driver.refusal('DriverGrantBucketAccess', grant)).toMatch(/^NOT_FOUND .*no Bucket/)
  expect(keyOf()).toBeUndefined()
})

test('a bucket that holds objects stays until it is emptied, or its class says otherwise', async () => {
  await create()
  test_.region.full.add(CLAIM)
  const request = { bucketId: CLAIM, deleteContext: {} }
  const refusal = await driver.refusal('DriverDeleteBucket', request)
  expect(refusal).toMatch(/^FAILED_PRECONDITION .*BucketNotEmpty/)
  expect(test_.region.buckets.has(CLAIM)).toBe(true)
  // The API server refuses an apply that names a null.
  expect(JSON.stringify(bucketOf()?.spec)).not.toContain('null')
  expect(await driver.refusal('DriverCreateBucket', { name: CLAIM })).toMatch(/^ABORTED /)
  const whole = { bucketId: CLAIM, deleteContext: { deleteContents: 'true' } }
  expect(await driver.call('DriverDeleteBucket', whole)).toEqual({})
  expect(test_.region.buckets.has(CLAIM)).toBe(false)
})

test('without an operator nothing is said to be done, and a bucket does not go without its data', async () => {
  driver.isOperatorAway = true
  expect(await driver.refusal('DriverCreateBucket', { name: CLAIM })).toMatch(/^ABORTED /)
  driver.isOperatorAway = false
  await create()
  await driver.call('DriverGrantBucketAccess', grant)
  driver.isOperatorAway = true
  expect(await driver.refusal('DriverRevokeBucketAccess', revoke)).toMatch(/^ABORTED /)
  expect(await driver.refusal('DriverDeleteBucket', { bucketId: CLAIM })).toMatch(/^ABORTED /)
  expect(bucketOf()?.metadata.deletionTimestamp).toBeUndefined()
  expect(test_.region.accessKeys.size).toBe(1)
  driver.isOperatorAway = false
  await driver.call('DriverRevokeBucketAccess', revoke)
  await driver.call('DriverDeleteBucket', { bucketId: CLAIM })
  expect([test_.region.accessKeys.size, test_.region.buckets.size]).toEqual([0, 0])
})

test('what keeps a bucket from being made is told', async () => {
  const elsewhere = { region: `${NAMESPACE}/cn-other` }
  const request = { name: CLAIM, parameters: elsewhere }
  expect(await driver.refusal('DriverCreateBucket', request)).toMatch(
    /^FAILED_PRECONDITION .*RegionNotFound/,
  )
  await test_.make(buckets, 'shop', 'bucket-0002')
  await test_.settle()
  const taken = await driver.refusal('DriverCreateBucket', { name: 'bucket-0002' })
  expect(taken).toMatch(/^ALREADY_EXISTS .*NameTaken/)
  test_.region.isDown = true
  const down = await driver.refusal('DriverCreateBucket', { name: 'bucket-0003' })
  expect(down).toMatch(/^UNAVAILABLE .*RegionUnreachable/)
})

test('trouble with the Kubernetes API is told as what it is', async () => {
  const cases = [
    [{ kind: 'status', status: 403 }, 'FAILED_PRECONDITION'],
    [{ kind: 'status', status: 409 }, 'ABORTED'],
    [{ kind: 'status', status: 503 }, 'UNAVAILABLE'],
    [{ kind: 'unreachable', tookEffect: true }, 'UNAVAILABLE'],
  ] as const
  for (const [effect, code] of cases) {
    driver.api.fail({ call: 'create', effect })
    expect(await driver.refusal('DriverCreateBucket', { name: CLAIM })).toContain(`${code} The Kub`)
  }
  expect(await create()).toMatchObject({ bucketId: CLAIM })
})

test('a Secret that is somebody else’s is not told', async () => {
  await create()
  await test_.user.apply(secrets, {
    metadata: at(ACCESS),
    data: { accessKeyId: 'eA==', accessKeySecret: 'eA==', endpoint: 'eA==', region: 'eA==' },
  })
  const refusal = await driver.refusal('DriverGrantBucketAccess', grant)
  expect(refusal).toMatch(/^FAILED_PRECONDITION .*SecretTaken/)
})

/** A field of a message: its number, and a text or a message. */
function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes])
}

test('messages are on the wire as the specification numbers their fields', async () => {
  const entry = (key: string, value: string | Buffer) => {
    return Buffer.concat([field(1, key), field(2, value)])
  }
  const path = '/cosi.v1alpha1.Provisioner/Driver'
  const made = Buffer.concat([field(1, CLAIM), field(2, entry('acl', 'public-read'))])
  const s3 = Buffer.concat([field(1, REGION), Buffer.from([0x10, 2])])
  expect(await driver.callBytes(`${path}CreateBucket`, made)).toEqual(
    Buffer.concat([field(1, CLAIM), field(2, field(1, s3))]),
  )
  const granted = await driver.callBytes(
    `${path}GrantBucketAccess`,
    Buffer.concat([
      ...[field(1, CLAIM), field(2, ACCESS), Buffer.from([0x18, 1])],
      field(4, entry('access', 'Read')),
    ]),
  )
  expect(granted.subarray(0, 2 + ACCESS.length)).toEqual(field(1, ACCESS))
  expect(granted.toString('latin1')).toMatch(/^..ba-0001\x12.{1,2}\n\x02s3\x12.{1,2}\n/s)
  const revoked = Buffer.concat([field(1, CLAIM), field(2, ACCESS), field(3, entry('a', 'b'))])
  expect(await driver.callBytes(`${path}RevokeBucketAccess`, revoked)).toHaveLength(0)
  const deleted = Buffer.concat([field(1, CLAIM), field(2, entry('acl', 'public-read'))])
  expect(await driver.callBytes(`${path}DeleteBucket`, deleted)).toHaveLength(0)
  const info = await driver.callBytes('/cosi.v1alpha1.Identity/DriverGetInfo', Buffer.alloc(0))
  expect(info).toEqual(field(1, 'granary.dev'))
  for (const bytes of [Buffer.from([0x0a, 0xff]), Buffer.alloc(200_000, 0x0a)]) {
    await expect(driver.callBytes(`${path}CreateBucket`, bytes)).rejects.toThrow()
  }
})

test('a file that is no socket is not replaced', async () => {
  const socketPath = join(SOCKETS, 'file')
  writeFileSync(socketPath, '')
  await expect(driver.start(socketPath)).rejects.toThrow('must be a socket')
})
