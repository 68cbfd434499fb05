/**
 * File and offset of a record in one number.
 *
 * @module
 */

export type Location = number

const OFFSET_END = 2 ** 32

export function locationOf(file: number, offset: number): Location {
  return file * OFFSET_END + offset
}

export function fileOf(location: Location): number {
  return Math.floor(location / OFFSET_END)
}

export function offsetOf(location: Location): number {
  return location % OFFSET_END
}
