/**
 * What every implementation of `KubernetesApi` does: in memory, over HTTP, and in front of a real API server.
 *
 * @module
 */

import { clusterEvents, secrets } from '../resources/built-in.ts'
import type { Secret } from '../resources/built-in.ts'
import { buckets } from '../resources/bucket.ts'
import type { Bucket } from '../resources/bucket.ts'
import type { KubernetesObject } from '../resources/kubernetes-object.ts'
import { isConflict, isRefused } from './kubernetes-api.ts'
import type { Applied, KubernetesApi } from './kubernetes-api.ts'

export interface ApiUnderTest {
  /** The operator's. */
  readonly api: KubernetesApi
  /** Of somebody with another name as manager of fields. */
  readonly other: KubernetesApi
  /** Two namespaces that nobody else writes to, with nothing in them. */
  readonly namespaces: readonly [string, string]
  close(): Promise<void>
}

const LIST_COUNT = 7

/** Registers the tests. */
export function describeKubernetesApi(name: string, open: () => Promise<ApiUnderTest>): void {
  describe(`the Kubernetes API ${name}`, () => {
    let under: ApiUnderTest
    let api: KubernetesApi
    let namespace: string
    beforeEach(async () => {
      under = await open()
      api = under.api
      namespace = under.namespaces[0]
    })
    afterEach(() => under.close())

    const bucket = (bucketName: string, more: object = {}): Applied<Bucket> =>
      ({ metadata: { namespace, name: bucketName }, ...more }) as Applied<Bucket>
    const secret = (data: Record<string, string>, more: object = {}): Applied<Secret> => ({
      metadata: { namespace, name: 'pair', ...more },
      data,
    })
    const photos = () => ({ namespace, name: 'photos' })
    const failing = (call: Promise<unknown>) =>
      call.then(
        () => undefined,
        (error: Error) => error,
      )

    test('makes an object once', async () => {
      expect(await api.get(buckets, photos())).toBeUndefined()
      const made = await api.create(buckets, bucket('photos', { spec: { acl: 'public-read' } }))
      expect(made).toMatchObject({ kind: 'Bucket', spec: { acl: 'public-read' } })
      expect(made?.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
      expect(await api.create(buckets, bucket('photos'))).toBeUndefined()
      expect(await api.get(buckets, photos())).toMatchObject({
        spec: { acl: 'public-read', deletionPolicy: 'Retain' },
      })
    })

    test('names an object itself', async () => {
      const event = {
        metadata: { namespace, generateName: 'photos.', name: '' },
        ...{ involvedObject: { kind: 'Bucket', namespace, name: 'photos' }, type: 'Normal' },
        ...{ reason: 'Made', message: 'Made' },
      }
      const names = [await api.create(clusterEvents, event), await api.create(clusterEvents, event)]
      const made = names.map((object) => object?.metadata.name)
      expect(made[0]).toMatch(/^photos\..{5}/)
      expect(made[1]).not.toBe(made[0])
    })

    test('applies the same twice without a change', async () => {
      const wanted = bucket('photos', { spec: { acl: 'private', tags: { a: '1' } } })
      const first = await api.apply(buckets, wanted)
      const second = await api.apply(buckets, wanted)
      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
      expect(second.metadata.generation).toBe(1)
    })

    test('removes what was applied and is no longer named, and leaves what others applied', async () => {
      await api.apply(secrets, secret({ a: 'YQ==', b: 'Yg==' }, { labels: { mine: '1' } }))
      await under.other.apply(secrets, secret({ c: 'Yw==' }, { labels: { theirs: '1' } }))
      const next = await api.apply(secrets, secret({ b: 'Qg==' }))
      expect(next.data).toEqual({ b: 'Qg==', c: 'Yw==' })
      expect(next.metadata.labels).toEqual({ theirs: '1' })
      const taken = await api.apply(secrets, secret({ b: 'Qg==', c: 'Qw==' }))
      expect(taken.data).toEqual({ b: 'Qg==', c: 'Qw==' })
      // What was taken over is no longer theirs to remove.
      await under.other.apply(secrets, secret({}))
      expect((await api.get(secrets, { namespace, name: 'pair' }))?.data).toEqual(taken.data)
    })

    test('takes a status apart from everything else', async () => {
      const made = await api.apply(buckets, bucket('photos', { status: { bucketName: 'no' } }))
      expect(made.status?.bucketName).toBeUndefined()
      const condition = (type: string) => ({
        ...{ type, status: 'True', reason: 'Made', message: '' },
        lastTransitionTime: '2026-01-01T00:00:00Z',
      })
      const status = { bucketName: 'photos', conditions: [condition('Ready')] }
      const spec = { acl: 'public-read' }
      const told = await api.applyStatus(buckets, bucket('photos', { spec, status }))
      expect(told).toMatchObject({ status, spec: { acl: 'private' } })
      expect(told.metadata.generation).toBe(1)
      const again = await api.applyStatus(buckets, bucket('photos', { status }))
      expect(again.metadata.resourceVersion).toBe(told.metadata.resourceVersion)
      const changed = await api.apply(buckets, bucket('photos', { spec }))
      expect(changed).toMatchObject({ status, spec, metadata: { generation: 2 } })
      const synced = { conditions: [condition('Synced')] }
      const less = await api.applyStatus(buckets, bucket('photos', { status: synced }))
      expect(less.status).toEqual(synced)
    })

    test('has no status for what is not there', async () => {
      const call = api.applyStatus(buckets, bucket('photos', { status: { bucketName: 'a' } }))
      expect(await failing(call)).toMatchObject({ status: 404 })
      expect(await api.get(buckets, photos())).toBeUndefined()
    })

    test('refuses what was meant for another object', async () => {
      const { metadata } = await api.apply(buckets, bucket('photos'))
      const { uid = '', resourceVersion = '' } = metadata
      await api.apply(buckets, bucket('photos', { spec: { acl: 'public-read' } }))
      const late = { metadata: { ...photos(), resourceVersion }, spec: { acl: 'private' } }
      expect(isConflict(await failing(api.apply(buckets, late as Applied<Bucket>)))).toBe(true)
      expect(isConflict(await failing(api.delete(buckets, photos(), { uid: `${uid}0` })))).toBe(
        true,
      )
      await api.delete(buckets, photos(), { uid })
      const gone = { metadata: { ...photos(), uid, finalizers: ['granary.dev/operator'] } }
      expect(isConflict(await failing(api.apply(buckets, gone as Applied<Bucket>)))).toBe(true)
      expect(await api.get(buckets, photos())).toBeUndefined()
    })

    test('keeps an object for as long as it has finalizers', async () => {
      const held = { metadata: { ...photos(), finalizers: ['granary.dev/operator'] } }
      await under.other.apply(buckets, bucket('photos', { spec: { acl: 'public-read' } }))
      await api.apply(buckets, held as Applied<Bucket>)
      await api.delete(buckets, photos())
      await api.delete(buckets, photos())
      const going = await api.get(buckets, photos())
      expect(going?.metadata.deletionTimestamp).toMatch(/^\d{4}-.*Z$/)
      const { uid = '' } = going?.metadata ?? {}
      await api.apply(buckets, { metadata: { ...photos(), uid } } as Applied<Bucket>)
      expect(await api.get(buckets, photos())).toBeUndefined()
      await api.delete(buckets, photos())
    })

    test('removes what belonged to an object that is gone', async () => {
      const { metadata } = await api.apply(buckets, bucket('photos'))
      const owner = { apiVersion: buckets.apiVersion, kind: 'Bucket', name: 'photos' }
      const ownerReferences = [{ ...owner, uid: metadata.uid }]
      await api.apply(secrets, secret({}, { ownerReferences }))
      await api.delete(buckets, photos())
      await until(async () => (await api.get(secrets, { namespace, name: 'pair' })) === undefined)
    })

    test('refuses what is not of the form of its definition', async () => {
      const call = api.apply(buckets, bucket('photos', { spec: { acl: 'public' } }))
      const error = await failing(call)
      expect(isRefused(error)).toBe(true)
      expect(error?.message).toContain('spec.acl')
      expect(await api.get(buckets, photos())).toBeUndefined()
    })

    test('encodes texts of a Secret', async () => {
      const made = await api.apply(secrets, {
        metadata: { namespace, name: 'pair' },
        stringData: { a: 'text' },
      })
      expect(made.data).toEqual({ a: 'dGV4dA==' })
    })

    test('lists by namespace and label', async () => {
      const names = Array.from({ length: LIST_COUNT }, (_, at) => `bucket-${at}`)
      for (const [at, listed] of names.entries()) {
        const labels = { odd: String(at % 2) }
        await api.apply(buckets, {
          metadata: { namespace, name: listed, labels },
        } as Applied<Bucket>)
      }
      const elsewhere = { namespace: under.namespaces[1], name: 'bucket-0', labels: { odd: '0' } }
      await api.apply(buckets, { metadata: elsewhere } as Applied<Bucket>)
      const namesOf = (found: readonly Bucket[]) =>
        found.map(({ metadata }) => metadata.name).sort()
      expect(namesOf(await api.list(buckets, { namespace }))).toEqual(names)
      const odd = await api.list(buckets, { namespace, labels: { odd: '1' } })
      expect(namesOf(odd)).toEqual(names.filter((_, at) => at % 2 === 1))
      const everywhere = await api.list(buckets, { labels: { odd: '0' } })
      const here = everywhere.filter(({ metadata }) =>
        under.namespaces.includes(metadata.namespace ?? ''),
      )
      expect(here).toHaveLength(1 + Math.ceil(LIST_COUNT / 2))
    })

    test('tells a watch what there is, what comes, changes and goes', async () => {
      const seen: string[] = []
      const tell = (sign: string) => (object: KubernetesObject) =>
        seen.push(
          `${sign}${object.metadata.namespace === namespace ? '' : 'other/'}${object.metadata.name}`,
        )
      const labels = { watched: namespace }
      const labelled = (of: string, name: string, more: object = {}) =>
        ({ metadata: { namespace: of, name, labels }, ...more }) as Applied<Bucket>
      await api.apply(buckets, labelled(namespace, 'one'))
      await api.apply(buckets, bucket('unseen'))
      const watch = api.watch(buckets, { labels }, { changed: tell('+'), removed: tell('-') })
      await watch.listed
      expect(seen).toEqual(['+one'])
      const has = (...wanted: string[]) =>
        until(async () => wanted.every((one) => seen.includes(one)))
      await api.apply(buckets, labelled(under.namespaces[1], 'one'))
      await has('+other/one')
      await api.apply(buckets, labelled(namespace, 'one', { spec: { acl: 'public-read' } }))
      await until(async () => seen.filter((word) => word === '+one').length === 2)
      await api.apply(buckets, bucket('one', { spec: { acl: 'public-read' } }))
      await api.delete(buckets, { namespace: under.namespaces[1], name: 'one' })
      await has('-one', '-other/one')
      watch.stop()
      await api.apply(buckets, labelled(namespace, 'two'))
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(seen.filter((word) => word.includes('two') || word.includes('unseen'))).toEqual([])
    })
  })
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('what was waited for did not come')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
