/**
 * Gives memory back without waiting for the garbage collection.
 *
 * Each piece that Node reads from a socket is memory of its own outside V8's heap, and V8 collects
 * the whole heap each time that a few dozen megabytes of them have come, however few are still used.
 *
 * @module
 */

/** Less is not worth the call. */
const RELEASED_BYTES_MIN = 4096

/** TypeScript's library of our target does not know it yet, nor does Node 20. */
interface Transferable {
  transfer?(newByteLength: number): ArrayBuffer
}

/**
 * Frees the memory of bytes that nobody looks at again; they are empty afterwards. Does nothing
 * where the memory holds more than them.
 */
export function releaseBytes(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes
  if (byteLength < RELEASED_BYTES_MIN || buffer.byteLength !== byteLength) return
  if (buffer instanceof ArrayBuffer) (buffer as Transferable).transfer?.(0)
}
