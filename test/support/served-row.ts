/**
 * One request of an operation that is served, and what its answer must look like.
 *
 * @module
 */

import type { OssRequest } from './oss-request.ts'

export interface Row {
  readonly name: string
  readonly request: () => Partial<OssRequest> & Pick<OssRequest, 'method'>
  readonly status: number
  /** Patterns of headers; the whole header line must match. */
  readonly headers?: Readonly<Record<string, string | RegExp>>
  readonly body?: string | RegExp
}

/** A whole XML document with this root, and these elements in this order. */
export const document = (root: string, ...elements: string[]) =>
  new RegExp(
    `^<\\?xml version="1.0" encoding="UTF-8"\\?>\\s*<${root}[ >][^]*${elements.join('[^]*')}[^]*</${root}>\\s*$`,
  )
