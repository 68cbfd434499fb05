/**
 * Objects that come as a form, from a browser as a rule (oss.md 2.6).
 *
 * @module
 */

import { encodePercentPath } from '../../../base/percent-encoding.ts'
import { toHex } from '../../../base/bytes.ts'
import { OssError } from '../../../model/errors.ts'
import type { ObjectKey } from '../../../model/identifiers.ts'
import { FORM_FIELDS_BYTES_MAX, PUT_SIZE_BYTES_MAX } from '../../../model/limits.ts'
import type { ObjectRecord } from '../../../model/object.ts'
import type { BodySource } from '../../../services/body.ts'
import { checksummed, sameBody } from '../../../services/checksummed-body.ts'
import { writePostResponse } from '../../../wire/oss/documents/post-response.ts'
import { readForbidOverwrite } from '../../../wire/oss/object-headers.ts'
import {
  formContentType,
  formHeaders,
  readFormKey,
  readRedirect,
  readSuccessStatus,
} from '../../../wire/oss/post-form.ts'
import { s3Headers } from '../../../wire/s3/answer-headers.ts'
import { badDigest } from '../../../wire/s3/body-checksum.ts'
import { checksumHeaders } from '../../../wire/s3/checksum-text.ts'
import type { FormChecksum } from '../../../wire/s3/post-form.ts'
import { isS3Form, ossFields, readFormChecksum, readFormTags } from '../../../wire/s3/post-form.ts'
import { readBoundary } from '../../../wire/oss/post-form-part.ts'
import { readTrafficLimit } from '../../../wire/oss/traffic-limit.ts'
import type { Callback } from '../../../wire/oss/callback.ts'
import type { AllowedForm } from '../../authenticate-form.ts'
import { authenticateForm } from '../../authenticate-form.ts'
import { callBack, formCallback } from '../../callback.ts'
import type { ReceivedForm } from '../../form-reader.ts'
import { FormReader } from '../../form-reader.ts'
import type { OssRequest, OssResponse } from '../../http-message.ts'
import type { FormOperation, FormRequest, ObjectRequest, Services } from '../../operation.ts'
import { requirePayer } from '../../request-payer.ts'
import { refuseUnservedHeaders } from '../../unserved-headers.ts'
import { authorizeWrite } from '../../writable-object.ts'
import { requestedMetadata } from '../requested-metadata.ts'
import { requireBody } from '../require-body.ts'
import { versionHeaders } from '../version-arguments.ts'

export const postObject: FormOperation = {
  name: 'PostObject',
  resource: 'form',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  callsBack: true,
  async handle(request, services) {
    const { http } = request
    const boundary = readBoundary(http.headers['content-type'])
    // The fields come on top of the largest file.
    requireBody(http.body, PUT_SIZE_BYTES_MAX + FORM_FIELDS_BYTES_MAX)
    const reader = new FormReader(boundary)
    try {
      return await receive(request, await reader.readFields(http.body), services)
    } catch (error) {
      reader.abandon()
      throw error
    }
  },
}

async function receive(
  request: FormRequest,
  form: ReceivedForm,
  services: Services,
): Promise<OssResponse> {
  const { http, bucket } = request
  const { fields: sent, part, file } = form
  const isS3 = http.dialect === 's3' || isS3Form(sent)
  const fields = isS3 ? ossFields(sent) : sent
  const contentType = formContentType(fields, part)
  const { caller, sizeRange } = await authenticateForm(
    http,
    { bucket, fields: sent, contentType },
    request.accessKeys,
    services.region.region,
  )
  const key = readFormKey(fields, part)
  http.facts.key = key
  // A policy of that dialect covers all that is said of the object: there is no head beside it.
  const headers = formHeaders(isS3 ? {} : http.headers, fields, contentType)
  refuseUnservedHeaders(headers, true, true)
  const callback = formCallback({ method: http.method, query: http.query, headers }, fields)
  const answer = { callback, redirect: readRedirect(fields), status: readSuccessStatus(fields) }
  const put: ObjectRequest = { ...request, caller, key, http: withHeaders(http, headers) }
  const tags = isS3 ? readFormTags(sent) : undefined
  await authorizeWrite(put, services.objects)
  if (tags !== undefined) await authorizeTagging(put, services)
  requirePayer(http, caller, bucket)
  const bytesPerSecond = readTrafficLimit(put.http)
  if (bytesPerSecond !== undefined) http.limitTraffic(bytesPerSecond)
  const body = withinRange(file, sizeRange)
  const record = await services.objects.put(bucket, key, {
    metadata: { ...requestedMetadata(put), ...(tags !== undefined && { tags }) },
    body: isS3 ? withFormChecksum(body, readFormChecksum(sent)) : body,
    contentMd5: undefined,
    forbidOverwrite: readForbidOverwrite(headers),
    signal: http.signal,
  })
  http.facts.objectSizeBytes = record.sizeBytes
  const made = await answerOf(put, record, { ...answer, isS3 }, services)
  // At a host of the other dialect, nobody else translates them.
  return isS3 && http.dialect !== 's3' ? { ...made, headers: s3Headers(made.headers) } : made
}

/** As for the header of a PUT. */
function authorizeTagging(put: ObjectRequest, { objects }: Services): Promise<void> {
  const right = { ...put.right, action: 'oss:PutObjectTagging' }
  return authorizeWrite({ ...put, right }, objects)
}

/** The same file, whole only with the checksum that the form says. */
function withFormChecksum(file: BodySource, wanted: FormChecksum | undefined): BodySource {
  if (wanted === undefined) return file
  const { algorithm, value } = wanted
  const body = checksummed(file, algorithm)
  return {
    ...sameBody(body),
    async read(take) {
      await body.read(take)
      if (value !== undefined && body.checksum?.value() !== toHex(value)) throw badDigest(algorithm)
    },
  }
}

/** What the rest of the API sees: the head that a PUT of the object would have had. */
function withHeaders(http: OssRequest, headers: OssRequest['headers']): OssRequest {
  const { dialect, requestId, receivedMs, method, query, rawPath, rawQuery, host } = http
  const { remoteAddress, secure, body, signal, facts, answerHeaders, pacer } = http
  return {
    ...{ dialect, requestId, receivedMs, method, query, rawPath, rawQuery, host, headers },
    ...{ remoteAddress, secure, body, signal, facts, answerHeaders, pacer },
    limitTraffic: (bytesPerSecond) => http.limitTraffic(bytesPerSecond),
  }
}

/** Refuses a file as soon as it is larger than its policy allows, and at its end if it is smaller. */
function withinRange(file: BodySource, range: AllowedForm['sizeRange']): BodySource {
  if (range === undefined) return file
  return {
    lengthBytes: undefined,
    async read(take) {
      let sizeBytes = 0
      await file.read((piece) => {
        sizeBytes += piece.byteLength
        if (sizeBytes > range.max) throw outOfRange('EntityTooLarge', 'MaxSizeAllowed', range.max)
        return take(piece)
      })
      if (sizeBytes < range.min) throw outOfRange('EntityTooSmall', 'MinSizeAllowed', range.min)
    },
  }
}

function outOfRange(
  code: 'EntityTooLarge' | 'EntityTooSmall',
  name: string,
  limitBytes: number,
): OssError {
  return new OssError(code, { details: [{ name, value: String(limitBytes) }] })
}

interface WantedAnswer {
  /** Beats the others: it is the application server that answers. */
  readonly callback: Callback | undefined
  readonly redirect: URL | undefined
  readonly status: 200 | 201 | 204
  /** These clients look for the object's address in the head. */
  readonly isS3: boolean
}

async function answerOf(
  request: ObjectRequest,
  record: ObjectRecord,
  { callback, redirect, status, isS3 }: WantedAnswer,
  services: Services,
): Promise<OssResponse> {
  const { http, bucket, key } = request
  const { etag } = record
  const headers = ['ETag', `"${etag}"`, 'x-oss-hash-crc64ecma', String(record.crc64)]
  headers.push(...versionHeaders(bucket, record), ...checksumHeaders(record))
  if (callback !== undefined) return callBack(callback, request, { record, headers }, services)
  if (redirect !== undefined) {
    headers.push('Location', redirectionTo(redirect, { bucket: bucket.name, key, etag }))
    return { status: 303, headers }
  }
  const scheme = http.secure ? 'https' : 'http'
  const location = `${scheme}://${bucket.name}.${services.region.extranetEndpoint}/${encodePercentPath(key)}`
  // These look for the object where they have sent it.
  if (isS3) {
    const folder = http.rawPath.replace(/\/$/, '')
    headers.push('Location', `${scheme}://${http.host}${folder}/${encodePercentPath(key)}`)
  }
  if (status !== 201) return { status, headers }
  headers.push('Content-Type', 'application/xml')
  const body = writePostResponse({ bucket: bucket.name, key, etag, location })
  return { status, headers, body }
}

/** The address with what was stored in its query, behind what it has of its own. */
function redirectionTo(
  url: URL,
  { bucket, key, etag }: { bucket: string; key: ObjectKey; etag: string },
): string {
  const told = `bucket=${bucket}&key=${encodeURIComponent(key)}&etag=%22${etag}%22`
  const target = new URL(url)
  target.search = target.search === '' ? told : `${target.search}&${told}`
  return target.href
}
