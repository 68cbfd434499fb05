/**
 * `VersioningConfiguration`, in which S3 clients may ask for a second factor besides.
 *
 * @module
 */

import type { Versioning } from '../../../model/bucket.ts'
import { OssError } from '../../../model/errors.ts'
import { readVersioningConfiguration } from '../../oss/documents/versioning-configuration.ts'
import { findChildText, readXml } from '../../xml-reader.ts'

/** Throws MalformedXML; NotImplemented where deletions are to need a second factor. */
export function readS3Versioning(bytes: Uint8Array): Exclude<Versioning, 'unset'> {
  const factor = findChildText(readXml(bytes, 'VersioningConfiguration'), 'MfaDelete')?.trim()
  if (factor === undefined || factor === 'Disabled') return readVersioningConfiguration(bytes)
  throw new OssError('NotImplemented', {
    message: 'The element MfaDelete asks for a function that is not implemented.',
    details: [{ name: 'Element', value: 'MfaDelete' }],
  })
}
