/**
 * Follows what the rows of one replica say of each other: what a version or an upload refers to is there and whole,
 * nothing that is referred to waits for its deletion, and nothing lies about that nobody refers to. All these rows
 * come and go in one batch with the row that refers to them (I19).
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import type { DataSet, ReplicaRows, RowFault, VersionRow } from './replica-rows.ts'

export function findBrokenReferences(rows: ReplicaRows): RowFault[] {
  const used = new Set<string>()
  const faults = rows.versions.flatMap((version) => faultsOf(version, rows, used))
  for (const [name, { list }] of rows.sets) {
    if (!rows.uploads.has(name)) continue
    used.add(name)
    if (list !== undefined) faults.push(`upload ${name} goes on, and has a list of parts`)
  }
  for (const name of used) {
    if (rows.dropped.has(name)) faults.push(`${name} waits for its deletion, and is in use`)
  }
  for (const name of [...rows.inlineBytes.keys(), ...rows.sets.keys()]) {
    if (used.has(name) || rows.dropped.get(name) === 'set') continue
    faults.push(`nothing refers to ${name}`)
  }
  faults.push(...findDoomedData(rows))
  return faults.map((detail) => ({ rule: 'I19', detail }))
}

/** What is wrong with what one version refers to, which is in use from now on. */
function faultsOf(version: VersionRow, rows: ReplicaRows, used: Set<string>): string[] {
  const { position, record } = version
  const { data, sizeBytes, versionSeq } = record
  switch (data.kind) {
    case 'none':
    case 'chunks':
      return []
    case 'inline': {
      const name = `${position}/${versionSeq}`
      used.add(name)
      const held = rows.inlineBytes.get(name)
      return held === sizeBytes ? [] : [`${name} is of ${sizeBytes} bytes, and its row has ${held}`]
    }
    case 'pieces': {
      const name = `${position}/${data.dataSetId}`
      used.add(name)
      const says = `${data.pieceCount} pieces of ${sizeBytes} bytes`
      const has = piecesIn(rows.sets.get(name), record.type)
      return has === says ? [] : [`${name} is of ${says}, and has ${has}`]
    }
    default:
      return unreachable(data)
  }
}

/** The pieces that make up the object: those of its list where it was uploaded in parts, else all of them. */
function piecesIn(set: DataSet | undefined, type: VersionRow['record']['type']): string {
  const { pieces = new Map<number, never>(), list } = set ?? {}
  if ((type === 'Multipart') !== (list !== undefined)) return 'a list of parts or none, wrongly'
  const indexes = list?.parts.map(({ partNumber }) => partNumber) ?? [...pieces.keys()]
  let totalBytes = 0
  for (const [at, index] of indexes.entries()) {
    const { sizeBytes, offset } = pieces.get(index) ?? { sizeBytes: undefined, offset: 0 }
    if (sizeBytes === undefined) return `no piece ${index}`
    const isInPlace = list === undefined ? offset === totalBytes : sizeOf(list, at) === sizeBytes
    if (!isInPlace) return `piece ${index} of ${sizeBytes} bytes at another place`
    totalBytes += sizeBytes
  }
  return `${pieces.size} pieces of ${totalBytes} bytes`
}

function sizeOf({ parts }: NonNullable<DataSet['list']>, at: number): number | undefined {
  return parts[at]?.sizeBytes
}

/** Data of a row that is queued for its deletion, or was forbidden to be committed: its chunks will go. */
function findDoomedData({ versions, sets, dropped, killed }: ReplicaRows): string[] {
  const referring = [
    ...versions.map(({ position, record }) => ({ position, data: record.data })),
    ...[...sets].flatMap(([name, { pieces }]) => {
      const position = name.slice(0, name.indexOf('/'))
      return [...pieces.values()].map(({ data }) => ({ position, data }))
    }),
  ]
  return referring.flatMap(({ position, data }) => {
    if (data.kind !== 'chunks') return []
    const name = `${position}/${data.dataId}`
    if (!dropped.has(name) && !killed.has(name)) return []
    return [`data ${name} is referred to, and waits for its deletion`]
  })
}
