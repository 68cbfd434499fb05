/**
 * Types of what client packages have inside: tests compare our signatures and documents with theirs.
 *
 * @module
 */

declare module 'ali-oss/lib/common/signUtils.js' {
  interface SignedRequest {
    headers: Record<string, string>
    parameters?: Record<string, string>
    queries?: Record<string, string | null>
  }

  interface SignUtils {
    buildCanonicalString(
      method: string,
      resourcePath: string,
      request: SignedRequest,
      expires?: string,
    ): string
    computeSignature(accessKeySecret: string, canonicalString: string): string
    authorizationV4(
      accessKeyId: string,
      accessKeySecret: string,
      region: string,
      method: string,
      request: SignedRequest,
      bucketName: string | undefined,
      objectName: string | undefined,
      additionalHeaders?: string[],
    ): string
  }

  const signUtils: SignUtils
  export = signUtils
}

declare module '@alicloud/oss-util/dist/signature.js' {
  export function getSignatureV2(
    request: {
      method: string
      pathname: string
      query: Record<string, string>
      headers: Record<string, string>
    },
    bucketName: string,
    accessKeySecret: string,
    additionalHeaders?: string[],
  ): { string2sign: string; signature: string }
}

declare module 'ali-oss/lib/client.js' {
  /** Methods are called by name; answers are what the client makes of a document. */
  interface Client {
    [method: string]: (...args: unknown[]) => Promise<Record<string, unknown>>
  }

  const OssClient: new (options: object) => Client
  export = OssClient
}

declare module '@alicloud/tea-xml' {
  const XML: { parseXml(body: string, response: unknown): Record<string, unknown> }
  export { XML as default }
}
