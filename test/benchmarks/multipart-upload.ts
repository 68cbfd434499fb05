/**
 * The beginning and the end of a multipart upload whose parts the load generator sends.
 *
 * @module
 */

import { sendOssRequest, type Access, type OssRequest } from '../support/oss-request.ts'

/** Where the object will be. */
interface Target {
  readonly bucket: string
  readonly key: string
}

/** One upload, under way. */
export class MultipartUpload {
  readonly id: string
  readonly #access: Access
  readonly #target: Target

  private constructor(access: Access, target: Target, id: string) {
    this.#access = access
    this.#target = target
    this.id = id
  }

  static async begin(access: Access, { bucket, key }: Target): Promise<MultipartUpload> {
    const body = await post(access, { method: 'POST', bucket, key, query: { uploads: '' } })
    const id = /<UploadId>([^<]+)</.exec(body)?.[1] ?? ''
    return new MultipartUpload(access, { bucket, key }, id)
  }

  /** Makes the object of all parts that came. */
  async complete(): Promise<void> {
    const query = { uploadId: this.id }
    const headers = { 'x-oss-complete-all': 'yes' }
    const { bucket, key } = this.#target
    await post(this.#access, { method: 'POST', bucket, key, query, headers })
  }
}

async function post(access: Access, request: OssRequest): Promise<string> {
  const { status, body } = await sendOssRequest(access, request)
  if (status !== 200) throw new Error(`Answered ${status}: ${body.toString()}`)
  return body.toString()
}
