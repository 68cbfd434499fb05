/**
 * Reads the trace that recorder.c writes: file operations in the order in which they took effect.
 *
 * @module
 */

import { constants } from 'node:fs'
import { unreachable } from '../../storage-node/src/base/assert.ts'

/** One operation. Paths are relative to the recorded directory, '' is that directory itself. */
export type TraceRecord =
  | { readonly kind: 'started' }
  | {
      readonly kind: 'opened'
      readonly handle: number
      readonly path: string
      readonly creates: boolean
      readonly truncates: boolean
    }
  | {
      readonly kind: 'written'
      readonly handle: number
      readonly offset: number
      readonly bytes: Buffer
    }
  | { readonly kind: 'resized'; readonly handle: number; readonly sizeBytes: number }
  | { readonly kind: 'sync started'; readonly handle: number; readonly sync: number }
  | { readonly kind: 'sync ended'; readonly handle: number; readonly sync: number }
  /** `from` is undefined when the name came from outside the recorded directory, `to` when it left. */
  | { readonly kind: 'renamed'; readonly from: string | undefined; readonly to: string | undefined }
  | { readonly kind: 'unlinked'; readonly path: string }
  | { readonly kind: 'directory made'; readonly path: string }
  | { readonly kind: 'directory removed'; readonly path: string }
  | { readonly kind: 'linked'; readonly from: string; readonly to: string }
  /** A file whose content was not followed. */
  | { readonly kind: 'opaque opened'; readonly path: string }

const HEADER_BYTES = 24

/** Reads every whole record; a last one that was cut short when its process was killed took no effect. */
export function parseTrace(trace: Buffer): TraceRecord[] {
  const records: TraceRecord[] = []
  let at = 0
  while (at + HEADER_BYTES <= trace.length) {
    const length = trace.readUInt32LE(at)
    if (at + length > trace.length) break
    records.push(parseRecord(trace.subarray(at, at + length)))
    at += length
  }
  return records
}

/** The records of one folder, as if it were the recorded directory; what is elsewhere is left out. */
export function below(folder: string, records: readonly TraceRecord[]): TraceRecord[] {
  const inside = (path: string) =>
    path === folder ? '' : path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined
  return records.flatMap((record): TraceRecord[] => {
    switch (record.kind) {
      case 'opened':
      case 'opaque opened':
      case 'unlinked':
      case 'directory made':
      case 'directory removed': {
        const path = inside(record.path)
        return path === undefined ? [] : [{ ...record, path }]
      }
      case 'renamed':
      case 'linked': {
        const from = inside(record.from ?? '')
        const to = inside(record.to ?? '')
        if (from === undefined && to === undefined) return []
        return [{ ...record, from: from ?? '', to: to ?? '' }]
      }
      case 'written':
      case 'resized':
      case 'sync started':
      case 'sync ended':
      case 'started':
        return [record]
      default:
        return unreachable(record)
    }
  })
}

function parseRecord(record: Buffer): TraceRecord {
  const type = record.readUInt8(4)
  const pathEnd = HEADER_BYTES + record.readUInt16LE(6)
  const handle = record.readUInt32LE(8)
  const flags = record.readUInt32LE(12)
  const number = Number(record.readBigUInt64LE(16))
  const path = record.toString('utf8', HEADER_BYTES, pathEnd)
  const [from, to] = path.split('\n')
  switch (type) {
    case 1:
      return { kind: 'started' }
    case 2: {
      const creates = (flags & constants.O_CREAT) !== 0
      return { kind: 'opened', handle, path, creates, truncates: (flags & constants.O_TRUNC) !== 0 }
    }
    case 3:
      return { kind: 'written', handle, offset: number, bytes: record.subarray(pathEnd) }
    case 4:
      return { kind: 'resized', handle, sizeBytes: number }
    case 5:
      return { kind: 'sync started', handle, sync: number }
    case 6:
      return { kind: 'sync ended', handle, sync: number }
    case 7:
      return { kind: 'renamed', from: from || undefined, to: to || undefined }
    case 8:
      return { kind: 'unlinked', path }
    case 9:
      return { kind: 'directory made', path }
    case 10:
      return { kind: 'directory removed', path }
    case 11:
      return { kind: 'linked', from: from ?? '', to: to ?? '' }
    case 12:
      return { kind: 'opaque opened', path }
    default:
      throw new Error(`Cannot read the trace: a record has the unknown type ${type}`)
  }
}
