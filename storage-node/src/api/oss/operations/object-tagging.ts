/**
 * PutObjectTagging, GetObjectTagging and DeleteObjectTagging (oss.md 1.7).
 *
 * @module
 */

import { TAGGING_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import { checkObjectTags } from '../../../model/tag.ts'
import { readTagging, writeTagging } from '../../../wire/oss/documents/tagging.ts'
import type { ObjectOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'
import { versionArgument, versionHeaders } from '../version-arguments.ts'

export const putObjectTagging: ObjectOperation = {
  name: 'PutObjectTagging',
  resource: 'object',
  permission: 'oss:PutObjectTagging',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    const versionId = versionArgument(http.query)
    const tags = checkObjectTags(readTagging(await readDocument(http, TAGGING_DOCUMENT_BYTES_MAX)))
    const record = await objects.amend(bucket, key, versionId, { kind: 'tags', tags })
    return { status: 200, headers: versionHeaders(bucket, record) }
  },
}

export const getObjectTagging: ObjectOperation = {
  name: 'GetObjectTagging',
  resource: 'object',
  permission: 'oss:GetObjectTagging',
  metering: 'get',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    const record = await objects.find(bucket, key, versionArgument(http.query))
    return xmlResponse(writeTagging(record.tags), versionHeaders(bucket, record))
  },
}

/** That there are none is no mistake. */
export const deleteObjectTagging: ObjectOperation = {
  name: 'DeleteObjectTagging',
  resource: 'object',
  permission: 'oss:DeleteObjectTagging',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    const versionId = versionArgument(http.query)
    const record = await objects.amend(bucket, key, versionId, { kind: 'tags', tags: [] })
    return { status: 204, headers: versionHeaders(bucket, record) }
  },
}
