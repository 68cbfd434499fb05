/**
 * Errors about objects, versions, uploads and appends (oss.md 1.7, 1.8, 3.2).
 *
 * @module
 */

import type { OssErrorDefinition } from './definition.ts'

export const objectErrors = {
  NotModified: {
    status: 304,
    ec: '0026-00000304',
    message: 'The object has not changed since.',
  },
  NoSuchKey: {
    status: 404,
    ec: '0026-00000001',
    message: 'The specified key does not exist.',
  },
  NoSuchVersion: {
    status: 404,
    ec: '0026-00000002',
    message: 'The specified version does not exist.',
  },
  PreconditionFailed: {
    status: 412,
    ec: '0026-00000003',
    message: 'At least one of the pre-conditions you specified did not hold.',
  },
  FileAlreadyExists: {
    status: 409,
    ec: '0026-00000004',
    message: 'The object you specified already exists and can not be overwritten.',
  },
  FileImmutable: {
    status: 409,
    ec: '0026-00000005',
    message: 'The object you specified is immutable.',
  },
  InvalidObjectState: {
    status: 403,
    ec: '0026-00000006',
    message: "The operation is not valid for the object's state",
  },
  PositionNotEqualToLength: {
    status: 409,
    ec: '0026-00000016',
    message: 'Position is not equal to file length',
  },
  ObjectNotAppendable: {
    status: 409,
    ec: '0026-00000013',
    message: 'The object is not appendable',
  },
  NotSymlink: {
    status: 400,
    ec: '0026-00000020',
    message: 'The object you specified is not a symlink.',
  },
  InvalidTargetType: {
    status: 400,
    ec: '0026-00000021',
    message: 'The target of the symlink is a symlink itself.',
  },
  SymlinkTargetNotExist: {
    status: 404,
    ec: '0026-00000022',
    message: 'The target of the symlink does not exist.',
  },
  RestoreAlreadyInProgress: {
    status: 409,
    ec: '0026-00000023',
    message: 'The restore operation is in progress.',
  },
  ArchiveRestoreNotFinished: {
    status: 409,
    ec: '0016-00000719',
    message: "The archive file's restore is not finished.",
  },
  ArchiveRestoreFileStale: {
    status: 409,
    ec: '0016-00000718',
    message: 'The archive file or restore info stale',
  },
  InvalidTag: {
    status: 400,
    ec: '0028-00000001',
    message: 'The TagKey you have provided is invalid.',
  },
  InvalidTaggingKey: {
    status: 400,
    ec: '0028-00000002',
    message: 'The tagging key you provided is invalid.',
  },
  RepeatedTags: {
    status: 400,
    ec: '0028-00000003',
    message: 'Tag keys must be unique.',
  },
  TooManyTags: {
    status: 400,
    ec: '0028-00000004',
    message: 'The number of tags is beyond limit.',
  },
  NoSuchUpload: {
    status: 404,
    ec: '0042-00000002',
    message:
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  },
  InvalidPart: {
    status: 400,
    ec: '0042-00000003',
    message:
      "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
  },
  InvalidPartNumber: {
    status: 416,
    ec: '0042-00000416',
    message: 'The requested partnumber is not satisfiable.',
  },
  InvalidPartOrder: {
    status: 400,
    ec: '0042-00000004',
    message:
      'The list of parts was not in ascending order. Parts list must specified in order by part number.',
  },
  PartNotSequential: {
    status: 400,
    ec: '0042-00000005',
    message: 'Parts of a sequential upload must arrive in order.',
  },
} as const satisfies Record<string, OssErrorDefinition>
