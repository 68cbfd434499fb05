/**
 * Reads a small request body whole.
 *
 * @module
 */

import { joinBytes, sameBytes } from '../base/bytes.ts'
import { md5 } from '../base/checksums.ts'
import { OssError } from '../model/errors.ts'
import type { OssRequest } from './http-message.ts'

/**
 * Returns the body, of which no more than `sizeBytesMax` are ever held. Rejects with what `tooLarge`
 * makes of it when there is more, with `InvalidDigest` when it is not what Content-MD5 says.
 */
export async function readDocument(
  { body, headers }: OssRequest,
  sizeBytesMax: number,
  tooLarge = tooLargeXml,
): Promise<Uint8Array> {
  if (body.lengthBytes !== undefined && body.lengthBytes > sizeBytesMax)
    throw tooLarge(sizeBytesMax)
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  await body.read((piece) => {
    sizeBytes += piece.byteLength
    if (sizeBytes > sizeBytesMax) throw tooLarge(sizeBytesMax)
    pieces.push(piece)
    return undefined
  })
  const bytes = joinBytes(pieces)
  verifyDigest(bytes, headers['content-md5'])
  return bytes
}

function tooLargeXml(sizeBytesMax: number): OssError {
  return new OssError('MalformedXML', {
    message: `The XML document is larger than ${sizeBytesMax} bytes.`,
  })
}

function verifyDigest(bytes: Uint8Array, contentMd5: string | undefined): void {
  if (contentMd5 === undefined) return
  if (!sameBytes(md5(bytes), Buffer.from(contentMd5, 'base64'))) throw new OssError('InvalidDigest')
}
