/**
 * What the smoke body asks of a client: the few operations that every OSS client has, in one vocabulary.
 *
 * @module
 */

/** A client under test; every method throws the client's own error. */
export interface SmokeClient {
  /** The oddest key that the client can express: some put keys into the request line as they are. */
  readonly oddKey: string
  makeBucket(bucket: string): Promise<void>
  removeBucket(bucket: string): Promise<void>
  put(bucket: string, key: string, body: Buffer, colour: string): Promise<void>
  get(bucket: string, key: string): Promise<Buffer>
  /** The header `x-oss-meta-colour` of an object. */
  colour(bucket: string, key: string): Promise<string | undefined>
  list(bucket: string, prefix: string): Promise<readonly string[]>
  copy(bucket: string, from: string, to: string): Promise<void>
  /** Appends at `position`; returns the next one. */
  append(bucket: string, key: string, position: number, body: Buffer): Promise<number>
  startUpload(bucket: string, key: string): Promise<string>
  /** Returns the ETag of the part. */
  putPart(
    bucket: string,
    key: string,
    uploadId: string,
    number: number,
    body: Buffer,
  ): Promise<string>
  completeUpload(
    bucket: string,
    key: string,
    uploadId: string,
    etags: readonly string[],
  ): Promise<void>
  remove(bucket: string, key: string): Promise<void>
  removeMany(bucket: string, keys: readonly string[]): Promise<void>
}

/** The OSS code of an error that a client threw. */
export function errorCode(error: unknown): string {
  return String((error as { code?: unknown }).code)
}

/** Reads a stream to its end. */
export async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(Buffer.from(piece as Uint8Array))
  return Buffer.concat(pieces)
}

/** A class whose constructor takes the fields of the instance. */
export type Model = new (fields?: object) => object

/** The classes of an SDK package by name; `default` is its client. */
export type Sdk<Client> = { readonly default: new (config: object) => Client } & Readonly<
  Record<string, Model>
>
