/**
 * ListObjects, ListObjectsV2 and ListObjectVersions (oss.md 5.6, 5.7).
 *
 * @module
 */

import { invalidArgument } from '../../../model/errors.ts'
import { LIST_KEYS_DEFAULT, LIST_KEYS_MAX } from '../../../model/limits.ts'
import { parseVersionId } from '../../../model/version-id.ts'
import { writeListObjects, writeListObjectsV2 } from '../../../wire/oss/documents/list-objects.ts'
import { writeListVersions } from '../../../wire/oss/documents/list-versions.ts'
import type { QueryPair } from '../../../wire/oss/request-head.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'
import { decodeToken, encodeToken } from '../../continuation-token.ts'
import type { BucketOperation } from '../../operation.ts'
import { xmlResponse } from '../../xml-response.ts'
import { integerArgument, textArgument, wantsUrlEncoding } from '../query-arguments.ts'

export const listObjects: BucketOperation = {
  name: 'ListObjects',
  resource: 'bucket',
  permission: 'oss:ListObjects',
  metering: 'put',
  access: 'list',
  async handle({ http: { query }, bucket }, { listings, objects }) {
    const options = listOptions(query)
    const marker = textArgument(query, 'marker')
    const page = await listings.list(bucket, { ...options, after: marker })
    const nowMs = objects.nowMs()
    return xmlResponse(writeListObjects({ ...options, bucket, marker, page, nowMs }))
  },
}

export const listObjectsV2: BucketOperation = {
  name: 'ListObjectsV2',
  resource: 'bucket',
  permission: 'oss:ListObjects',
  metering: 'put',
  access: 'list',
  async handle({ http: { query }, bucket }, { listings, objects }) {
    const options = listOptions(query)
    const startAfter = textArgument(query, 'start-after')
    const token = queryValue(query, 'continuation-token') || undefined
    const after = token === undefined ? startAfter : decodeToken(token)
    const page = await listings.list(bucket, { ...options, after })
    return xmlResponse(
      writeListObjectsV2({
        ...options,
        bucket,
        startAfter,
        continuationToken: token,
        nextContinuationToken: page.next === undefined ? undefined : encodeToken(page.next),
        fetchOwner: queryValue(query, 'fetch-owner') === 'true',
        page,
        nowMs: objects.nowMs(),
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
  async handle({ http: { query }, bucket }, { listings, objects }) {
    const options = listOptions(query)
    const keyMarker = textArgument(query, 'key-marker')
    const versionIdMarker = queryValue(query, 'version-id-marker') ?? ''
    const afterVersionId =
      versionIdMarker === '' ? undefined : parseVersionId('version-id-marker', versionIdMarker)
    if (afterVersionId !== undefined && keyMarker === '') {
      const message = 'A version-id-marker needs a key-marker.'
      throw invalidArgument('version-id-marker', versionIdMarker, message)
    }
    const page = await listings.listVersions(bucket, {
      ...options,
      after: keyMarker,
      afterVersionId,
    })
    const shown = { page, nowMs: objects.nowMs() }
    return xmlResponse(
      writeListVersions({ ...options, bucket, keyMarker, versionIdMarker, ...shown }),
    )
  },
}

function listOptions(query: readonly QueryPair[]) {
  return {
    prefix: textArgument(query, 'prefix'),
    delimiter: textArgument(query, 'delimiter'),
    maxKeys: integerArgument(query, 'max-keys', {
      fallback: LIST_KEYS_DEFAULT,
      min: 1,
      max: LIST_KEYS_MAX,
    }),
    urlEncoding: wantsUrlEncoding(query),
  }
}
