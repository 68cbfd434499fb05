/**
 * The S3 dialect: translates what its clients ask and are answered, and serves it like everything else.
 *
 * @module
 */

import type { AccessKeyService } from '../../services/access-key-service.ts'
import type { EndpointSuffixes } from '../../wire/oss/addressing.ts'
import { s3Headers } from '../../wire/s3/answer-headers.ts'
import { inS3Namespace } from '../../wire/s3/documents/namespace.ts'
import { Gateway } from '../gateway.ts'
import type { OssRequest, OssResponse } from '../http-message.ts'
import type { Services } from '../operation.ts'
import { s3Dialect } from './s3-dialect.ts'
import { S3Request } from './s3-request.ts'

/** Serves the S3 dialect. */
export class S3Gateway {
  readonly #gateway: Gateway

  constructor(services: Services, accessKeys: AccessKeyService, suffixes: EndpointSuffixes) {
    this.#gateway = new Gateway(s3Dialect, services, accessKeys, suffixes)
  }

  async handle(request: OssRequest): Promise<OssResponse> {
    try {
      const answer = await this.#gateway.handle(new S3Request(request), request)
      const { body } = answer
      return {
        ...answer,
        headers: s3Headers(answer.headers),
        ...(typeof body === 'string' && { body: inS3Namespace(body) }),
      }
    } finally {
      request.answerHeaders = s3Headers(request.answerHeaders)
    }
  }
}
