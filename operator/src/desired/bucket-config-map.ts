/**
 * The ConfigMap of an AccessKey that says where its bucket is, under the names that applications know from an
 * ObjectBucketClaim; the pair is in the Secret beside it.
 *
 * @module
 */

import type { AccessKey, BucketKey } from '../resources/access-key.ts'
import { accessKeyMetadata } from './access-key-secrets.ts'
import type { DesiredObject } from './kubernetes-object.ts'

/** Where a bucket is. */
export interface BucketPlace {
  /** Host name without a scheme. */
  readonly host: string
  readonly port: number
  readonly bucket: string
  readonly region: string
}

export function desiredBucketConfigMap(
  key: AccessKey,
  name: string,
  { host, port, bucket, region }: BucketPlace,
): DesiredObject {
  const data: Readonly<Record<BucketKey, string>> = {
    BUCKET_HOST: host,
    BUCKET_PORT: String(port),
    BUCKET_NAME: bucket,
    BUCKET_REGION: region,
    // Applications read it; there is nothing below a region.
    BUCKET_SUBREGION: '',
  }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: accessKeyMetadata(key, name), data }
}
