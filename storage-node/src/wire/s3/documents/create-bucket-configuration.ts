/**
 * `CreateBucketConfiguration` and `LocationConstraint`: where a bucket is to be, and where it is.
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import type { XmlElement } from '../../xml-reader.ts'
import { findChildText, readXml } from '../../xml-reader.ts'
import { xmlElement, XML_PROLOG } from '../../xml-writer.ts'

/** Where buckets are that are to be nowhere in particular: the region that S3 clients name by default. */
const ANYWHERE = new Set(['', 'us-east-1', 'US'])
/** They ask for another kind of bucket, or for more than a bucket. */
const OTHERS = ['Location', 'Bucket', 'Tags']

/** Throws MalformedXML, InvalidLocationConstraint for another region, NotImplemented. */
export function readS3CreateBucket(bytes: Uint8Array, region: string): void {
  if (bytes.byteLength === 0) return
  const root = readXml(bytes, 'CreateBucketConfiguration')
  refuseOthers(root)
  const constraint = findChildText(root, 'LocationConstraint')?.trim() ?? ''
  if (ANYWHERE.has(constraint) || constraint === region || constraint === `oss-${region}`) return
  throw new OssError('InvalidLocationConstraint', {
    details: [{ name: 'LocationConstraint', value: constraint }],
  })
}

export function writeLocationConstraint(region: string): string {
  return XML_PROLOG + xmlElement('LocationConstraint', region)
}

function refuseOthers({ children }: XmlElement): void {
  const other = children.find(({ name }) => OTHERS.includes(name))
  if (other === undefined) return
  throw new OssError('NotImplemented', {
    message: `The element ${other.name} asks for a function that is not implemented.`,
    details: [{ name: 'Element', value: other.name }],
  })
}
