/**
 * Buckets and accesses by COSI: its definitions, controller and sidecar as they are published, the chart with the
 * driver beside it, and an SDK that works with what the Secret of a BucketAccess says.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { isDeepStrictEqual, promisify } from 'node:util'
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'
import { apply, bedEnvironment, getJson, kubectl } from './bed.ts'
import { COSI_CONTROLLER_IMAGE, COSI_SIDECAR_IMAGE, installCosi } from './cosi-programs.ts'
import { OPERATOR_IMAGE } from './operator-image.ts'
import { STORAGE_NODE_IMAGE } from './storage-node-image.ts'

interface BucketInfo {
  readonly spec: {
    readonly bucketName: string
    readonly authenticationType: string
    readonly secretS3: Record<'endpoint' | 'region' | 'accessKeyID' | 'accessSecretKey', string>
  }
}

const CHART = join(__dirname, '..', '..', 'charts', 'granary')
/** Of its own for each run: one that goes takes a while. */
const RUN = Date.now().toString(36)
const NAMESPACE = `cosi-${RUN}`
const SHOP = `cosi-shop-${RUN}`
const REGION = 'cn-cosi'
const RELEASE = 'granary'
const DRIVER = `${RUN}.granary.dev`
const COSI_API = 'objectstorage.k8s.io/v1alpha1'
const CLASS = `granary-${RUN}`
const READY_MS_MAX = 90_000
const DONE_MS_MAX = 30_000
const BUILD_MS_MAX = 1_200_000

const values = {
  image: imageValues(OPERATOR_IMAGE),
  storageNodeImage: imageValues(STORAGE_NODE_IMAGE),
  replicaCount: 1,
  cosi: { enabled: true, sidecarImage: COSI_SIDECAR_IMAGE, driverName: DRIVER },
  region: { name: REGION, spec: { storage: { size: '1Gi' }, deletionPolicy: 'Delete' } },
}

beforeAll(async () => {
  await installCosi()
  const level = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  const namespaces = [NAMESPACE, SHOP].map((name) => {
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: level } }
  })
  await apply([...namespaces, ...controllerObjects()])
  const given = Object.entries(values).map(([name, value]) => {
    return `--set-json=${name}=${JSON.stringify(value)}`
  })
  await helm('install', RELEASE, CHART, `-n${NAMESPACE}`, ...given)
  await waitForRegion()
}, BUILD_MS_MAX)

afterAll(async () => {
  const quietly = (args: readonly string[]) => kubectl(args).catch(() => {})
  await quietly(['delete', 'bucketaccesses,bucketclaims', '--all', `-n${SHOP}`, '--timeout=60s'])
  await quietly(['delete', 'bucketclass,bucketaccessclass', CLASS, `${CLASS}-wrong`])
  await quietly(['delete', 'region', REGION, `-n${NAMESPACE}`, '--timeout=60s'])
  await helm('uninstall', RELEASE, `-n${NAMESPACE}`).catch(() => {})
  const bound = [`clusterrole/${NAMESPACE}`, `clusterrolebinding/${NAMESPACE}`]
  await quietly(['delete', '--wait=false', ...bound, `namespace/${NAMESPACE}`, `namespace/${SHOP}`])
})

function imageValues(image: string): object {
  const at = image.lastIndexOf(':')
  return { repository: image.slice(0, at), tag: image.slice(at + 1) }
}

/** COSI's controller with the rights that it asks for. */
function controllerObjects(): object[] {
  const metadata = { name: NAMESPACE, namespace: NAMESPACE }
  const labels = { app: 'cosi-controller' }
  const rbac = 'rbac.authorization.k8s.io'
  const container = {
    ...{ name: 'controller', image: COSI_CONTROLLER_IMAGE, imagePullPolicy: 'IfNotPresent' },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  }
  const securityContext = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: NAMESPACE } },
      rules: [
        { apiGroups: ['objectstorage.k8s.io'], resources: ['*'], verbs: ['*'] },
        { apiGroups: [''], resources: ['events'], verbs: ['create', 'update', 'patch'] },
      ],
    },
    {
      ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: NAMESPACE } },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: NAMESPACE },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
    {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { serviceAccountName: NAMESPACE, securityContext, containers: [container] },
        },
      },
    },
  ]
}

async function helm(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('helm', args, { env: bedEnvironment() })).stdout
}

async function waitForRegion(): Promise<void> {
  const ready = [`region/${REGION}`, '--for=condition=Ready', `--timeout=${READY_MS_MAX}ms`]
  await kubectl(['wait', `-n${NAMESPACE}`, ...ready])
  const rollout = [`deployment/${RELEASE}-cosi`, '--timeout=60s']
  await kubectl(['rollout', 'status', `-n${NAMESPACE}`, ...rollout])
}

function cosi(kind: string, name: string, fields: object): object {
  const isClass = kind.endsWith('Class')
  const metadata = { name, ...(!isClass && { namespace: SHOP }) }
  return { apiVersion: COSI_API, kind, metadata, ...fields }
}

async function until(what: string, isSo: () => Promise<boolean>, ms = DONE_MS_MAX): Promise<void> {
  const endMs = systemClock.monotonicMs() + ms
  while (!(await isSo())) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`Not within ${ms} ms: ${what}`)
    await sleep(systemClock, 250)
  }
}

function claim(name: string): object {
  return cosi('BucketClaim', name, { spec: { bucketClassName: CLASS, protocols: ['S3'] } })
}

function accessOf(name: string, bucketClaimName: string): object {
  const spec = { bucketClaimName, bucketAccessClassName: CLASS, protocol: 'S3' }
  return cosi('BucketAccess', name, { spec: { ...spec, credentialsSecretName: name } })
}

async function infoOf(secret: string): Promise<BucketInfo> {
  const { data } = await getJson<{ data: { BucketInfo: string } }>([
    ...['secret', secret, `-n${SHOP}`],
  ])
  return JSON.parse(Buffer.from(data.BucketInfo, 'base64').toString()) as BucketInfo
}

function clientOf({ spec }: BucketInfo): S3Client {
  const { endpoint, region, accessKeyID, accessSecretKey } = spec.secretS3
  const credentials = { accessKeyId: accessKeyID, secretAccessKey: accessSecretKey }
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true })
}

async function isGranted(name: string): Promise<boolean> {
  const { status } = await getJson<{ status?: { accessGranted?: boolean } }>([
    ...['bucketaccess', name, `-n${SHOP}`],
  ])
  return status?.accessGranted === true
}

/** What the region says to a list of a bucket by a pair. Where nobody takes connections for a moment, it is asked again. */
async function listCode(pair: BucketInfo, { spec }: BucketInfo): Promise<string> {
  const client = clientOf(pair)
  let code = ''
  await until('the region answers', async () => {
    code = await client.send(new ListObjectsV2Command({ Bucket: spec.bucketName })).then(
      () => 'ok',
      (error: unknown) => (error instanceof S3ServiceException ? error.name : ''),
    )
    return code !== ''
  })
  return code
}

async function namesOf(kind: string, namespace?: string): Promise<readonly string[]> {
  const found = await getJson<{ items: { metadata: { name: string } }[] }>([
    ...[kind, ...(namespace === undefined ? [] : [`-n${namespace}`])],
  ])
  return found.items.map(({ metadata }) => metadata.name)
}

let info: BucketInfo

test('a BucketClaim and a BucketAccess come to a Secret, and an SDK works with it', async () => {
  const startMs = systemClock.monotonicMs()
  await apply([
    cosi('BucketClass', CLASS, {
      ...{ driverName: DRIVER, deletionPolicy: 'Delete' },
      parameters: {
        region: `${NAMESPACE}/${REGION}`,
        versioning: 'Enabled',
        deleteContents: 'true',
      },
    }),
    cosi('BucketAccessClass', CLASS, { driverName: DRIVER, authenticationType: 'Key' }),
    ...[claim('photos'), accessOf('photos-app', 'photos')],
  ])
  await until('the access is granted', () => isGranted('photos-app'))
  console.log(`Granted after ${Math.round(systemClock.monotonicMs() - startMs)} ms`)
  info = await infoOf('photos-app')
  expect(info.spec).toMatchObject({ authenticationType: 'Key', secretS3: { region: REGION } })
  const bucket = { Bucket: info.spec.bucketName }
  const client = clientOf(info)
  await client.send(new PutObjectCommand({ ...bucket, Key: 'a.txt', Body: 'hello' }))
  const read = await client.send(new GetObjectCommand({ ...bucket, Key: 'a.txt' }))
  expect(await read.Body?.transformToString()).toBe('hello')
  expect(read.VersionId).toMatch(/./)
})

test('an access is to its own bucket, also where a driver that was killed goes on', async () => {
  const pods = [`-n${NAMESPACE}`, '--selector=app.kubernetes.io/component=cosi']
  await kubectl(['delete', 'pods', ...pods, '--grace-period=0', '--force', '--wait=false'])
  await apply([claim('letters'), accessOf('letters-app', 'letters')])
  await until('the other access is granted', () => isGranted('letters-app'), READY_MS_MAX)
  const letters = await infoOf('letters-app')
  expect(await listCode(letters, letters)).toBe('ok')
  expect(await listCode(letters, info)).toBe('AccessDenied')
  expect(await listCode(info, letters)).toBe('AccessDenied')
})

test('a claim that COSI sets back or leaves half done is finished', async () => {
  const letters = ['bucketclaim', 'letters', `-n${SHOP}`]
  const look = async () => {
    const { metadata, status } = await getJson<{
      readonly metadata: { readonly finalizers?: readonly string[] }
      readonly status: object
    }>(letters)
    return { finalizers: metadata.finalizers, status }
  }
  const done = await look()
  expect(done).toMatchObject({
    finalizers: [expect.stringContaining('cosi.')],
    status: { bucketReady: true, bucketName: expect.stringContaining('bucket-') },
  })
  const patch = ['patch', ...letters, '--type=merge', '--patch']
  for (const status of [{ bucketReady: false }, { bucketName: null }]) {
    await kubectl([...patch, JSON.stringify({ status }), '--subresource=status'])
    await until('the claim is ready', async () => isDeepStrictEqual(await look(), done))
  }
  await kubectl([...patch, JSON.stringify({ metadata: { finalizers: null } })])
  await until('the claim is held', async () => isDeepStrictEqual(await look(), done))
})

test('a class with a parameter that is wrong makes no bucket, and an event says why', async () => {
  const wrong = `${CLASS}-wrong`
  const parameters = { acl: 'everybody' }
  await apply([
    cosi('BucketClass', wrong, { driverName: DRIVER, deletionPolicy: 'Delete', parameters }),
    cosi('BucketClaim', 'wrong', { spec: { bucketClassName: wrong, protocols: ['S3'] } }),
  ])
  await until('an event tells it', async () => {
    const events = await getJson<{ items: { message?: string }[] }>(['events', '--all-namespaces'])
    return events.items.some(({ message }) => message?.includes('Parameter acl: '))
  })
  expect(await namesOf('buckets.granary.dev', NAMESPACE)).toHaveLength(2)
  await kubectl(['delete', 'bucketclaim', 'wrong', `-n${SHOP}`, '--wait=false'])
})

test('an access that is deleted works no more, and takes its Secret along', async () => {
  await kubectl(['delete', 'bucketaccess', 'photos-app', `-n${SHOP}`, '--timeout=60s'])
  expect(await listCode(info, info)).toBe('InvalidAccessKeyId')
  expect(await namesOf('secrets', SHOP)).not.toContain('photos-app')
  expect(await namesOf('accesskeys.granary.dev', NAMESPACE)).toHaveLength(1)
})

test('a claim that is deleted takes its bucket along, with what is in it', async () => {
  const { bucketName } = info.spec
  expect(await namesOf('buckets.granary.dev', NAMESPACE)).toContain(bucketName)
  await kubectl(['delete', 'bucketclaim', 'photos', `-n${SHOP}`, '--timeout=120s'])
  expect(await namesOf('buckets.granary.dev', NAMESPACE)).not.toContain(bucketName)
  expect(await namesOf('buckets.objectstorage.k8s.io')).not.toContain(bucketName)
})

test('the rights of the chart were enough, and no log has a secret', async () => {
  const of = [`-n${NAMESPACE}`, '--selector=app.kubernetes.io/component=cosi', '--tail=-1']
  const driver = await kubectl(['logs', ...of, '--container=driver'])
  const sidecar = await kubectl(['logs', ...of, '--container=sidecar'])
  expect(driver).toContain('"call":"DriverDeleteBucket","code":"Ok"')
  for (const log of [driver, sidecar]) {
    expect(log.split('\n').filter((line) => /forbidden|cannot \w+ resource/.test(line))).toEqual([])
    expect(log).not.toContain(info.spec.secretS3.accessSecretKey)
  }
})
