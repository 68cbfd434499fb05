/**
 * PutSymlink and GetSymlink (oss.md 5.16).
 *
 * @module
 */

import { encodePercent } from '../../../base/percent-encoding.ts'
import { invalidArgument, OssError } from '../../../model/errors.ts'
import { decodeObjectKey } from '../../../model/object-key.ts'
import { isLightClass, parseStorageClass } from '../../../model/storage-class.ts'
import { objectMetaHeaders, readForbidOverwrite } from '../../../wire/oss/object-headers.ts'
import type { HeaderValues } from '../../../wire/oss/request-head.ts'
import type { ObjectOperation } from '../../operation.ts'
import { readAuthorized } from '../../readable-object.ts'
import { requestedMetadata } from '../requested-metadata.ts'
import { versionArgument, versionHeaders } from '../version-arguments.ts'

const TARGET = 'x-oss-symlink-target'
const CLASS = 'x-oss-storage-class'

export const putSymlink: ObjectOperation = {
  name: 'PutSymlink',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  async handle(request, { objects }) {
    const { http, bucket, key } = request
    const target = http.headers[TARGET] ?? ''
    if (target === '') {
      throw new OssError('InvalidArgument', {
        message: `The header ${TARGET} is missing.`,
        details: [{ name: 'ArgumentName', value: TARGET }],
      })
    }
    refuseHeavyLink(http.headers)
    const record = await objects.putSymlink(bucket, key, {
      target: decodeObjectKey(target),
      metadata: requestedMetadata(request),
      forbidOverwrite: readForbidOverwrite(http.headers),
    })
    const headers = ['ETag', `"${record.etag}"`, ...versionHeaders(bucket, record)]
    return { status: 200, headers }
  },
}

/** A class that a link cannot be of; of a bucket's class it need not be (oss.md 5.15). */
function refuseHeavyLink({ [CLASS]: text }: HeaderValues): void {
  if (text === undefined || isLightClass(parseStorageClass(CLASS, text))) return
  throw invalidArgument(CLASS, text, 'A symlink must be of class Standard, IA or Archive.')
}

export const getSymlink: ObjectOperation = {
  name: 'GetSymlink',
  resource: 'object',
  permission: 'oss:GetObject',
  metering: 'get',
  access: 'read',
  async handle(request, { objects }) {
    const { http, bucket, key } = request
    const record = await readAuthorized(
      request,
      () => objects.find(bucket, key, versionArgument(http.query)),
      (found) => found,
    )
    const { symlinkTarget } = record
    if (symlinkTarget === undefined) {
      throw new OssError('NotSymlink', { details: [{ name: 'Key', value: key }] })
    }
    const told = [...objectMetaHeaders(record), ...versionHeaders(bucket, record)]
    return { status: 200, headers: [TARGET, encodePercent(symlinkTarget), ...told] }
  },
}
