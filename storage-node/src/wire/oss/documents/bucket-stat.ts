/**
 * `BucketStat`: the answer to GetBucketStat (oss.md 1.2).
 *
 * @module
 */

import type { BucketCounters } from '../../../model/bucket.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

/** Storage is that of objects; parts of unfinished uploads are counted but not weighed. */
export function writeBucketStat(counters: BucketCounters): string {
  const { objects, objectBytes, standardObjects, standardBytes } = counters
  const { infrequentObjects, infrequentBytes } = counters
  const colder = {
    objects: objects - standardObjects - infrequentObjects,
    bytes: objectBytes - standardBytes - infrequentBytes,
  }
  return xmlDocument(
    'BucketStat',
    xmlElement('Storage', objectBytes) +
      xmlElement('ObjectCount', objects) +
      xmlElement('MultipartUploadCount', counters.uploads) +
      xmlElement('MultipartPartCount', counters.parts) +
      xmlElement('LiveChannelCount', 0) +
      xmlElement('LastModifiedTime', Math.floor(counters.lastModifiedMs / 1000)) +
      xmlElement('DeleteMarkerCount', counters.deleteMarkers) +
      xmlElement('StandardStorage', standardBytes) +
      xmlElement('StandardObjectCount', standardObjects) +
      writeColdClass('InfrequentAccess', infrequentObjects, infrequentBytes) +
      // Counters do not tell the cold classes apart.
      writeColdClass('Archive', colder.objects, colder.bytes) +
      writeColdClass('ColdArchive', 0, 0) +
      writeColdClass('DeepColdArchive', 0, 0),
  )
}

function writeColdClass(name: string, objects: number, bytes: number): string {
  return (
    xmlElement(`${name}Storage`, bytes) +
    xmlElement(`${name}RealStorage`, bytes) +
    xmlElement(`${name}ObjectCount`, objects)
  )
}
