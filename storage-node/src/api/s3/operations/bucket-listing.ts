/**
 * ListObjects, ListObjectsV2 and ListObjectVersions of the S3 dialect.
 *
 * @module
 */

import { invalidArgument } from '../../../model/errors.ts'
import { LIST_KEYS_MAX } from '../../../model/limits.ts'
import { parseVersionId } from '../../../model/version-id.ts'
import type { QueryPair } from '../../../wire/oss/request-head.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'
import {
  writeS3ListObjects,
  writeS3ListObjectsV2,
} from '../../../wire/s3/documents/list-objects.ts'
import { writeS3ListVersions } from '../../../wire/s3/documents/list-versions.ts'
import { decodeToken, encodeToken } from '../../continuation-token.ts'
import type { BucketOperation } from '../../operation.ts'
import { integerArgument, textArgument, wantsUrlEncoding } from '../../oss/query-arguments.ts'
import { xmlResponse } from '../../xml-response.ts'

/** Of a page on which there is no room. */
const EMPTY_OBJECTS = { objects: [], commonPrefixes: [], isTruncated: false, next: undefined }
const EMPTY_VERSIONS = {
  ...{ versions: [], commonPrefixes: [], isTruncated: false },
  ...{ next: undefined, nextVersionId: undefined },
}

export const listObjects: BucketOperation = {
  name: 'ListObjects',
  resource: 'bucket',
  permission: 'oss:ListObjects',
  metering: 'put',
  access: 'list',
  async handle({ http: { query }, bucket }, { listings }) {
    const options = listOptions(query)
    const marker = textArgument(query, 'marker')
    const page =
      options.maxKeys === 0
        ? EMPTY_OBJECTS
        : await listings.list(bucket, { ...options, after: marker })
    return xmlResponse(writeS3ListObjects({ ...options, bucket, marker, page }))
  },
}

export const listObjectsV2: BucketOperation = {
  name: 'ListObjectsV2',
  resource: 'bucket',
  permission: 'oss:ListObjects',
  metering: 'put',
  access: 'list',
  async handle({ http: { query }, bucket }, { listings }) {
    const options = listOptions(query)
    const startAfter = textArgument(query, 'start-after')
    const token = queryValue(query, 'continuation-token') || undefined
    const after = token === undefined ? startAfter : decodeToken(token)
    const page =
      options.maxKeys === 0 ? EMPTY_OBJECTS : await listings.list(bucket, { ...options, after })
    return xmlResponse(
      writeS3ListObjectsV2({
        ...{ ...options, bucket, startAfter, page },
        continuationToken: token,
        nextContinuationToken: page.next === undefined ? undefined : encodeToken(page.next),
        fetchOwner: queryValue(query, 'fetch-owner') === 'true',
      }),
    )
  },
}

export const listObjectVersions: BucketOperation = {
  name: 'ListObjectVersions',
  resource: 'bucket',
  permission: 'oss:ListObjectVersions',
  metering: 'get',
  access: 'list',
  async handle({ http: { query }, bucket }, { listings }) {
    const options = listOptions(query)
    const after = textArgument(query, 'key-marker')
    const versionIdMarker = queryValue(query, 'version-id-marker') ?? ''
    const afterVersionId =
      versionIdMarker === '' ? undefined : parseVersionId('version-id-marker', versionIdMarker)
    if (afterVersionId !== undefined && after === '') {
      const message = 'A version-id marker cannot be specified without a key marker.'
      throw invalidArgument('version-id-marker', versionIdMarker, message)
    }
    const page =
      options.maxKeys === 0
        ? EMPTY_VERSIONS
        : await listings.listVersions(bucket, { ...options, after, afterVersionId })
    const markers = { keyMarker: after, versionIdMarker }
    return xmlResponse(writeS3ListVersions({ ...options, ...markers, bucket, page }))
  },
}

/** More keys than a page holds may be asked for, and none. */
function listOptions(query: readonly QueryPair[]) {
  const limits = { fallback: LIST_KEYS_MAX, min: 0, max: Number.MAX_SAFE_INTEGER }
  return {
    prefix: textArgument(query, 'prefix'),
    delimiter: textArgument(query, 'delimiter'),
    maxKeys: Math.min(integerArgument(query, 'max-keys', limits), LIST_KEYS_MAX),
    urlEncoding: wantsUrlEncoding(query),
  }
}
