/**
 * PutPublicAccessBlock, GetPublicAccessBlock and DeletePublicAccessBlock: of a whole account
 * (oss.md 1.1).
 *
 * @module
 */

import { SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import {
  readPublicAccessBlock,
  writePublicAccessBlock,
} from '../../../wire/oss/documents/public-access-block.ts'
import type { ServiceOperation } from '../../operation.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'

export const putPublicAccessBlock: ServiceOperation = {
  name: 'PutPublicAccessBlock',
  resource: 'service',
  permission: 'oss:PutPublicAccessBlock',
  metering: 'put',
  async handle({ http, account }, { accounts }) {
    const document = await readDocument(http, SMALL_DOCUMENT_BYTES_MAX)
    await accounts.putSettings(account, { publicAccessBlock: readPublicAccessBlock(document) })
    return { status: 200, headers: [] }
  },
}

export const getPublicAccessBlock: ServiceOperation = {
  name: 'GetPublicAccessBlock',
  resource: 'service',
  permission: 'oss:GetPublicAccessBlock',
  metering: 'get',
  async handle({ account }, { accounts }) {
    const { publicAccessBlock } = await accounts.settings(account)
    return xmlResponse(writePublicAccessBlock(publicAccessBlock))
  },
}

/** No error when nothing was blocked. */
export const deletePublicAccessBlock: ServiceOperation = {
  name: 'DeletePublicAccessBlock',
  resource: 'service',
  permission: 'oss:DeletePublicAccessBlock',
  metering: 'put',
  async handle({ account }, { accounts }) {
    await accounts.putSettings(account, { publicAccessBlock: false })
    return { status: 204, headers: [] }
  },
}
