/**
 * Operations of the S3 API on an object or on what its key names.
 *
 * @module
 */

import type { KnownOperation } from '../../oss/known-operations/known-operation.ts'

const COPY_SOURCE = 'x-amz-copy-source'
const VERSION = ['versionId'] as const
/** One of the parts that an object was made of. */
const PART = ['partNumber'] as const

export const objectOperations = {
  PutObject: { methods: ['PUT'] },
  CopyObject: { methods: ['PUT'], header: COPY_SOURCE },
  GetObject: {
    methods: ['GET'],
    select: [],
    orSelect: PART,
    parameters: VERSION,
    ignores: 'others with a value',
  },
  HeadObject: {
    methods: ['HEAD'],
    select: [],
    orSelect: PART,
    parameters: VERSION,
    ignores: 'others with a value',
  },
  DeleteObject: { methods: ['DELETE'], parameters: VERSION },
  GetObjectAttributes: { methods: ['GET'], select: ['attributes'], parameters: VERSION },
  PutObjectAcl: { methods: ['PUT'], select: ['acl'], parameters: VERSION },
  GetObjectAcl: { methods: ['GET'], select: ['acl'], parameters: VERSION },
  PutObjectTagging: { methods: ['PUT'], select: ['tagging'], parameters: VERSION },
  GetObjectTagging: { methods: ['GET'], select: ['tagging'], parameters: VERSION },
  DeleteObjectTagging: { methods: ['DELETE'], select: ['tagging'], parameters: VERSION },
  RestoreObject: { methods: ['POST'], select: ['restore'], parameters: VERSION },
  CreateMultipartUpload: { methods: ['POST'], select: ['uploads'] },
  UploadPart: { methods: ['PUT'], select: ['partNumber', 'uploadId'] },
  UploadPartCopy: {
    methods: ['PUT'],
    select: ['partNumber', 'uploadId'],
    header: COPY_SOURCE,
  },
  CompleteMultipartUpload: { methods: ['POST'], select: ['uploadId'] },
  AbortMultipartUpload: { methods: ['DELETE'], select: ['uploadId'] },
  ListParts: {
    methods: ['GET'],
    select: ['uploadId'],
    parameters: ['max-parts', 'part-number-marker'],
  },
  SelectObjectContent: { methods: ['POST'], select: ['select', 'select-type=2'] },
  PutObjectRetention: { methods: ['PUT'], select: ['retention'], parameters: VERSION },
  GetObjectRetention: { methods: ['GET'], select: ['retention'], parameters: VERSION },
  PutObjectLegalHold: { methods: ['PUT'], select: ['legal-hold'], parameters: VERSION },
  GetObjectLegalHold: { methods: ['GET'], select: ['legal-hold'], parameters: VERSION },
  GetObjectTorrent: { methods: ['GET'], select: ['torrent'] },
  RenameObject: { methods: ['PUT'], select: ['renameObject'] },
  UpdateObjectEncryption: { methods: ['PUT'], select: ['encryption'], parameters: VERSION },
} as const satisfies Record<string, KnownOperation>
