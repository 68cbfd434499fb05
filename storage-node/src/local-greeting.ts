/**
 * What `npm start` prints once it serves.
 *
 * @module
 */

/** Where the region is and who may use it. */
export interface Access {
  readonly endpoint: string
  /** One for each storage node; each serves every request. */
  readonly endpoints: readonly string[]
  readonly region: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

/** For people: the facts, and two lines to paste. */
export function greeting(access: Access, dataDirectory: string): string {
  const { endpoint, endpoints, region, accessKeyId, accessKeySecret } = access
  // A name makes every SDK use the path when it is told to; an IP address confuses some.
  const named = endpoint.replace('127.0.0.1', 'localhost')
  return `Granary serves region ${region} at ${endpoint}

  Endpoint          ${endpoints.join('\n                    ')}
  Region            ${region}
  AccessKeyId       ${accessKeyId}
  AccessKeySecret   ${accessKeySecret}
  Data              ${dataDirectory}

To paste into a shell:

  ossutil ls -e ${endpoint} -i ${accessKeyId} -k ${accessKeySecret}

To paste into a program (npm install ali-oss):

  const client = new OSS({ endpoint: '${named}', region: 'oss-${region}', accessKeyId: '${accessKeyId}', accessKeySecret: '${accessKeySecret}', sldEnable: true })

`
}
