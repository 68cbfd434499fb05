/**
 * `BucketStat`: the answer to GetBucketStat (oss.md 1.2).
 *
 * @module
 */

import type { BucketCounters } from '../../../model/bucket.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

/** Storage is that of objects; parts of unfinished uploads are counted but not weighed. */
export function writeBucketStat(counters: BucketCounters): string {
  return xmlDocument(
    'BucketStat',
    xmlElement('Storage', counters.objectBytes) +
      xmlElement('ObjectCount', counters.objects) +
      xmlElement('MultipartUploadCount', counters.uploads) +
      xmlElement('MultipartPartCount', counters.parts) +
      xmlElement('LiveChannelCount', 0) +
      xmlElement('LastModifiedTime', Math.floor(counters.lastModifiedMs / 1000)) +
      xmlElement('DeleteMarkerCount', counters.deleteMarkers) +
      xmlElement('StandardStorage', counters.standardBytes) +
      xmlElement('StandardObjectCount', counters.standardObjects) +
      writeClass('InfrequentAccess', counters.infrequentObjects, counters.infrequentBytes) +
      writeClass('Archive', counters.archiveObjects, counters.archiveBytes) +
      writeClass('ColdArchive', counters.coldArchiveObjects, counters.coldArchiveBytes) +
      writeClass('DeepColdArchive', counters.deepColdArchiveObjects, counters.deepColdArchiveBytes),
  )
}

/** Nothing is billed for more than it has: what is stored and what is real are the same. */
function writeClass(name: string, objects: number, bytes: number): string {
  return (
    xmlElement(`${name}Storage`, bytes) +
    xmlElement(`${name}RealStorage`, bytes) +
    xmlElement(`${name}ObjectCount`, objects)
  )
}
