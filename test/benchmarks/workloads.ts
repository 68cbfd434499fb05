/**
 * The workloads, by name.
 *
 * @module
 */

import type { OssRequest } from '../support/oss-request.ts'
import type { Figure } from './figure.ts'
import type { KeyPattern, LoadRequest } from './plan.ts'
import type { Check, Measurement, Workload } from './workload.ts'

/** Every workload measures in this bucket of its server. */
export const BUCKET = 'granary-bench'

const CONNECTION_COUNT = 64
const SMALL_BYTES = 4096
const LARGE_BYTES = 64 * 1024 ** 2
/** 5 GiB in objects of 64 MiB. */
const LARGE_COUNT = 80
const STREAM_BYTES = 5 * 1024 ** 3
const RESIDENT_MEBIBYTES_MAX = 400
/** Of each storage node of a region. */
const CLIENTS_MEBIBYTES_MAX = 512

/** 100,000 small operations, 64 at a time. */
const SMALL = {
  connectionCount: CONNECTION_COUNT,
  count: 100_000,
  quickCount: 10_000,
  unit: 'operation',
} as const
/** 5 GiB in large objects, 64 at a time. */
const LARGE = {
  connectionCount: CONNECTION_COUNT,
  count: LARGE_COUNT,
  quickCount: 16,
  unit: 'MB',
} as const
/** Pages hold a thousand rows, so that these are enough. */
const PAGES = {
  connectionCount: CONNECTION_COUNT,
  count: 4_000,
  quickCount: 400,
  unit: 'operation',
} as const

const get4k: Workload = {
  name: 'get-4k',
  what: 'GET of 10,000 objects of 4 KiB in no order',
  preparation: [fill('fill', { prefix: 'small/', count: 10_000 }, SMALL_BYTES)],
  stages: [
    [
      {
        ...SMALL,
        name: 'get-4k',
        request: get({ prefix: 'small/', count: 10_000, shuffled: true }, SMALL_BYTES),
        targetUs: 100,
      },
    ],
  ],
}

const put4k: Workload = {
  name: 'put-4k',
  what: 'PUT of new objects of 4 KiB',
  stages: [[{ ...SMALL, name: 'put-4k', request: put('put/', SMALL_BYTES), targetUs: 160 }]],
}

const put4kSlowSync: Workload = {
  name: 'put-4k-slow-sync',
  what: 'the same where every sync of the disk takes 2 ms longer, and over one connection',
  variants: [
    { name: 'no delay', syncDelayUs: 0 },
    { name: 'delay', syncDelayUs: 2_000 },
  ],
  stages: [
    [
      { ...SMALL, name: 'as the disk is', server: 'no delay', request: put('a/', SMALL_BYTES) },
      { ...SMALL, name: '2 ms longer', server: 'delay', request: put('b/', SMALL_BYTES) },
      {
        ...SMALL,
        name: '2 ms longer, one connection',
        server: 'delay',
        request: put('c/', SMALL_BYTES),
        connectionCount: 1,
        count: 8_000,
        quickCount: 1_000,
      },
    ],
  ],
  checks(figures) {
    const rate = (name: string) => figures.get(name)?.operationsPerSecond ?? NaN
    const kept = (rate('2 ms longer') / rate('as the disk is')) * 100
    const times = rate('2 ms longer') / rate('2 ms longer, one connection')
    return [
      { what: 'of the rate kept', value: kept, unit: '%', isMet: kept >= 80 },
      { what: 'the rate of one connection', value: times, unit: 'times', isMet: times >= 12 },
    ]
  },
}

const list1000: Workload = {
  name: 'list-1000',
  what: 'pages of 1,000 among 10,000 objects of 16 bytes',
  preparation: [fill('fill', { prefix: 'o', count: 10_000 }, 16)],
  stages: [[page('list-1000', 'max-keys=1000&marker=o000004321', { targetUs: 12_000 })]],
}

const list1000Of4k: Workload = {
  name: 'list-1000-4k',
  what: 'pages of 1,000 among 10,000 objects of 4 KiB',
  preparation: [fill('fill', { prefix: 'o', count: 10_000 }, SMALL_BYTES)],
  stages: [[page('list-1000-4k', 'max-keys=1000&marker=o000004321', { targetUs: 20_000 })]],
}

const put64m: Workload = {
  name: 'put-64m',
  what: 'PUT of objects of 64 MiB',
  stages: [[{ ...LARGE, name: 'put-64m', request: put('large/', LARGE_BYTES), targetUs: 3_500 }]],
  checks: residentChecks,
}

const get64m: Workload = {
  name: 'get-64m',
  what: 'GET of 16 objects of 64 MiB',
  preparation: [
    { ...fill('fill', { prefix: 'large/', count: 16 }, LARGE_BYTES), connectionCount: 4 },
  ],
  stages: [
    [
      {
        ...LARGE,
        name: 'get-64m',
        request: get({ prefix: 'large/', count: 16, shuffled: true }, LARGE_BYTES),
        targetUs: 1_200,
      },
    ],
  ],
  checks: residentChecks,
}

const stream5g: Workload = {
  name: 'stream-5g',
  what: 'one object of 5 GiB over one connection, in and out again',
  stages: [[stream('put')], [stream('get')]],
  checks: residentChecks,
}

const post5g: Workload = {
  name: 'post-5g',
  what: 'one object of 5 GiB by an upload form',
  stages: [
    [
      {
        name: 'post 5 GiB',
        request: {
          kind: 'post',
          bucket: BUCKET,
          keys: { prefix: 'posted/', count: 1 },
          sizeBytes: STREAM_BYTES,
        },
        ...{ connectionCount: 1, count: 1, quickCount: 1, unit: 'MB' },
      },
    ],
  ],
  checks: residentChecks,
}

const parts10k: Workload = {
  name: 'parts-10k',
  what: 'a multipart upload of 10,000 parts of 100 KiB, completed',
  stages: [
    [
      {
        name: '10,000 parts',
        request: { kind: 'part', bucket: BUCKET, key: 'of-parts', sizeBytes: 100 * 1024 },
        ...{ connectionCount: 16, count: 10_000, quickCount: 1_000, unit: 'MB' },
      },
    ],
  ],
  checks: residentChecks,
}

const MILLION: KeyPattern = { prefix: 'p', count: 1_000_000, keysPerFolder: 1000 }

const keys1m: Workload = {
  name: 'keys-1m',
  what: 'a bucket of 1,000,000 objects in 1,000 folders: memory, and pages of it',
  stages: [
    [
      {
        ...SMALL,
        name: 'fill',
        request: { kind: 'put', bucket: BUCKET, keys: MILLION, sizeBytes: 16 },
        count: MILLION.count,
        quickCount: 50_000,
      },
    ],
    [
      page('first page', 'max-keys=1000'),
      page('page in the middle', 'max-keys=1000&marker=p000500/000499'),
    ],
    [
      {
        ...page('1,000 common prefixes', 'max-keys=1000&delimiter=%2F', { targetUs: 150_000 }),
        count: 400,
        quickCount: 20,
      },
    ],
  ],
  checks(figures) {
    const cost = (name: string) => figures.get(name)?.cpuUsPerUnit ?? NaN
    const longer = (cost('page in the middle') / cost('first page') - 1) * 100
    return [
      { what: 'more for a page in the middle', value: longer, unit: '%', isMet: longer <= 10 },
      ...residentChecks(figures),
    ]
  },
}

const KEEP_VERSIONS: OssRequest = {
  method: 'PUT',
  bucket: BUCKET,
  query: { versioning: '' },
  body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
}

const versions100k: Workload = {
  name: 'versions-100k',
  what: 'pages of 1,000 versions of an object that has 100,000',
  settings: [KEEP_VERSIONS],
  preparation: [
    {
      ...fill('fill', { prefix: 'v', count: 1 }, 16),
      count: 100_000,
      quickCount: 10_000,
    },
  ],
  stages: [[page('versions-100k', 'max-keys=1000', { selector: 'versions', targetUs: 20_000 })]],
}

const markers1m: Workload = {
  name: 'markers-1m',
  what: 'pages of a bucket whose first 1,000,000 names are delete markers',
  settings: [KEEP_VERSIONS],
  preparation: [
    {
      ...SMALL,
      name: 'delete',
      request: { kind: 'delete', bucket: BUCKET, keys: { prefix: 'm', count: 1_000_000 } },
      count: 1_000_000,
      quickCount: 100_000,
    },
  ],
  stages: [
    [{ ...page('markers-1m', 'max-keys=1000'), connectionCount: 1, count: 400, quickCount: 40 }],
  ],
  checks(figures) {
    const value = figures.get('markers-1m')?.p50Ms ?? NaN
    return [{ what: 'a page that shows nothing', value, unit: 'ms', isMet: value <= 100 }]
  },
}

const UNDER_POLICY = `${BUCKET}-policy`

/** 20 KB of statements about other folders than the one that is read. */
const POLICY = JSON.stringify({
  Version: '1',
  Statement: Array.from({ length: 83 }, (_, at) => ({
    Effect: at === 0 ? 'Allow' : 'Deny',
    Action: ['oss:GetObject', 'oss:PutObject', 'oss:DeleteObject'],
    Principal: ['*'],
    Resource: [`acs:oss:*:*:${UNDER_POLICY}/${at === 0 ? '*' : `secret/${at + 1000}/*`}`],
    Condition: { NotIpAddress: { 'acs:SourceIp': ['10.0.0.0/8', '192.168.0.0/16'] } },
  })),
})

const policy20k: Workload = {
  name: 'policy-20k',
  what: `GET of 10,000 objects of 4 KiB without and with a bucket policy of ${POLICY.length} bytes`,
  settings: [
    { method: 'PUT', bucket: UNDER_POLICY },
    { method: 'PUT', bucket: UNDER_POLICY, query: { policy: '' }, body: POLICY },
  ],
  preparation: [BUCKET, UNDER_POLICY].map((bucket) =>
    fill(`fill ${bucket}`, { prefix: 'small/', count: 10_000 }, SMALL_BYTES, bucket),
  ),
  stages: [
    [
      { ...SMALL, name: 'no policy', request: smallOf(BUCKET) },
      { ...SMALL, name: 'policy', request: smallOf(UNDER_POLICY) },
    ],
  ],
  checks(figures) {
    const cost = (name: string) => figures.get(name)?.cpuUsPerUnit ?? NaN
    const value = cost('policy') - cost('no policy')
    return [{ what: 'more for the policy', value, unit: 'us', isMet: value <= 15 }]
  },
}

function smallOf(bucket: string): Extract<LoadRequest, { kind: 'get' }> {
  return {
    ...{ kind: 'get', bucket, sizeBytes: SMALL_BYTES },
    keys: { prefix: 'small/', count: 10_000, shuffled: true },
  }
}

/** Reads of S3 clients: the same bytes, asked for in the other dialect, and by nobody. */
const s3Get4k: Workload = {
  name: 's3-get-4k',
  what: 'GET of 10,000 objects of 4 KiB with V1, with SigV4, and without a signature',
  settings: [{ method: 'PUT', bucket: BUCKET, headers: { 'x-oss-acl': 'public-read' } }],
  preparation: [fill('fill', { prefix: 'small/', count: 10_000 }, SMALL_BYTES)],
  stages: [
    [
      { ...SMALL, name: 'OSS, V1', request: smallOf(BUCKET) },
      { ...SMALL, name: 'S3, V4', request: { ...smallOf(BUCKET), s3: 'hashed' } },
      { ...SMALL, name: 'S3, unsigned', request: { ...smallOf(BUCKET), s3: 'anonymous' } },
    ],
  ],
  checks(figures) {
    const cost = (name: string) => figures.get(name)?.cpuUsPerUnit ?? NaN
    const value = cost('S3, V4') - cost('S3, unsigned')
    return [{ what: 'more for the signature', value, unit: 'us', isMet: value <= 15 }]
  },
}

const s3Put4k: Workload = {
  name: 's3-put-4k',
  what: 'PUT of new objects of 4 KiB with V1, and with SigV4 and the hash of the body',
  stages: [
    [
      { ...SMALL, name: 'OSS, V1', request: put('a/', SMALL_BYTES) },
      { ...SMALL, name: 'S3, V4', request: { ...put('b/', SMALL_BYTES), s3: 'hashed' } },
    ],
  ],
}

const s3Put64m: Workload = {
  name: 's3-put-64m',
  what: 'PUT of objects of 64 MiB as they are, in signed pieces, and with a checksum behind them',
  stages: [
    [
      { ...LARGE, name: 'plain', request: { ...put('a/', LARGE_BYTES), s3: 'plain' } },
      { ...LARGE, name: 'pieces', request: { ...put('b/', LARGE_BYTES), s3: 'signed chunks' } },
      { ...LARGE, name: 'trailer', request: { ...put('c/', LARGE_BYTES), s3: 'trailer' } },
    ],
  ],
  checks(figures) {
    const rate = (name: string) => figures.get(name)?.operationsPerSecond ?? NaN
    const kept = (rate('pieces') / rate('plain')) * 100
    return [
      { what: 'of the plain rate', value: kept, unit: '%', isMet: kept >= 80 },
      ...residentChecks(figures),
    ]
  },
}

/** The same on three storage nodes as processes, with three copies of everything and TLS between them. */
const regionGet4k: Workload = { ...inRegion(get4k), stages: aimingAt(130, get4k.stages) }
const regionPut4k: Workload = { ...inRegion(put4k), stages: aimingAt(400, put4k.stages) }
const regionPut4kSlowSync = inRegion(put4kSlowSync)
const regionPut64m: Workload = { ...inRegion(put64m), stages: aimingAt(8_000, put64m.stages) }
const regionGet64m: Workload = { ...inRegion(get64m), stages: aimingAt(1_200, get64m.stages) }

const regionManyConnections: Workload = {
  name: 'region-many-connections',
  layout: 'three processes',
  what: 'PUT of new objects of 4 KiB over 64 connections and over 1,000',
  stages: [
    [
      { ...SMALL, name: '64 connections', request: put('a/', SMALL_BYTES) },
      {
        ...SMALL,
        name: '1,000 connections',
        request: put('b/', SMALL_BYTES),
        connectionCount: 1_000,
      },
    ],
  ],
  checks(figures) {
    const many = figures.get('1,000 connections')
    const rate = figures.get('64 connections')?.operationsPerSecond ?? NaN
    const kept = ((many?.operationsPerSecond ?? NaN) / rate) * 100
    const longestMs = many?.longestMs ?? NaN
    return [
      { what: 'of the best rate', value: kept, unit: '%', isMet: kept >= 80 },
      { what: 'longest wait', value: longestMs, unit: 'ms', isMet: longestMs <= 2_000 },
    ]
  },
}

const regionClients: Workload = {
  name: 'region-200-clients',
  layout: 'three processes',
  what: '200 clients that put 32 MiB at once, every tenth of which stalls halfway',
  stages: [
    [
      {
        name: '200 clients',
        request: put('c/', 32 * 1024 ** 2),
        ...{ connectionCount: 180, stalledCount: 20, count: 180, quickCount: 180, unit: 'MB' },
      },
    ],
  ],
  checks(figures) {
    const value = figures.get('200 clients')?.residentMebibytesMax ?? NaN
    const isMet = value < CLIENTS_MEBIBYTES_MAX
    return [{ what: 'memory of a storage node', value, unit: 'MiB', isMet }]
  },
}

/** All workloads, in the order in which they run when none is named. */
export const workloads: readonly Workload[] = [
  get4k,
  put4k,
  put4kSlowSync,
  list1000,
  list1000Of4k,
  put64m,
  get64m,
  stream5g,
  post5g,
  parts10k,
  keys1m,
  versions100k,
  markers1m,
  policy20k,
  s3Get4k,
  s3Put4k,
  s3Put64m,
  regionGet4k,
  regionPut4k,
  regionPut4kSlowSync,
  regionPut64m,
  regionGet64m,
  regionManyConnections,
  regionClients,
]

function inRegion(workload: Workload): Workload {
  return { ...workload, name: `region-${workload.name}`, layout: 'three processes' }
}

/** The measurement that the workload is about gets another goal, and the region's name. */
function aimingAt(targetUs: number, stages: Workload['stages']): Workload['stages'] {
  return stages.map((stage) =>
    stage.map((each) => ({ ...each, name: `region-${each.name}`, targetUs })),
  )
}

function put(prefix: string, sizeBytes: number): Extract<LoadRequest, { kind: 'put' }> {
  return { kind: 'put', bucket: BUCKET, keys: { prefix, count: 1_000_000_000 }, sizeBytes }
}

function get(keys: KeyPattern, sizeBytes: number): LoadRequest {
  return { kind: 'get', bucket: BUCKET, keys, sizeBytes }
}

/** Puts every object of a pattern once; the measurement reads all of them, so `--quick` does too. */
function fill(name: string, keys: KeyPattern, sizeBytes: number, bucket = BUCKET): Measurement {
  const request: LoadRequest = { kind: 'put', bucket, keys, sizeBytes }
  return { ...SMALL, name, request, count: keys.count, quickCount: keys.count }
}

function page(
  name: string,
  query: string,
  { targetUs, selector }: { readonly targetUs?: number; readonly selector?: 'versions' } = {},
): Measurement {
  const request: LoadRequest = {
    ...{ kind: 'list', bucket: BUCKET, query },
    ...(selector !== undefined && { selector }),
  }
  return { ...PAGES, name, request, ...(targetUs !== undefined && { targetUs }) }
}

function stream(kind: 'put' | 'get'): Measurement {
  const request: LoadRequest = {
    kind,
    bucket: BUCKET,
    keys: { prefix: 'stream/', count: 1 },
    sizeBytes: STREAM_BYTES,
  }
  return { name: `${kind} 5 GiB`, request, connectionCount: 1, count: 1, quickCount: 1, unit: 'MB' }
}

function residentChecks(figures: ReadonlyMap<string, Figure>): Check[] {
  return [...figures.values()].map(({ measurement, residentMebibytesMax }) => ({
    what: `resident memory at most, ${measurement}`,
    value: residentMebibytesMax,
    unit: 'MiB',
    isMet: residentMebibytesMax < RESIDENT_MEBIBYTES_MAX,
  }))
}
