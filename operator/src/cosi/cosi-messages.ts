/**
 * The messages and calls of COSI v1alpha1, as its sidecar sends them.
 *
 * Names of packages, services and calls and the numbers of fields are what the wire has; names of fields are ours.
 *
 * @module
 */

import type { ServiceDefinition } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'

export type Texts = Readonly<Record<string, string>>

export interface DriverInfo {
  readonly name: string
}

export interface CreateBucketRequest {
  readonly name: string
  readonly parameters: Texts
}

export interface CreateBucketResponse {
  readonly bucketId: string
  readonly bucketInfo: {
    readonly s3: { readonly region: string; readonly signatureVersion: number }
  }
}

export interface DeleteBucketRequest {
  readonly bucketId: string
  /** The parameters of the class that the bucket was made by. */
  readonly deleteContext: Texts
}

export interface GrantAccessRequest {
  readonly bucketId: string
  readonly name: string
  readonly authenticationType: number
  readonly parameters: Texts
}

export interface GrantAccessResponse {
  readonly accountId: string
  readonly credentials: { readonly s3: { readonly secrets: Texts } }
}

export interface RevokeAccessRequest {
  readonly bucketId: string
  readonly accountId: string
}

/** Values of enumerations. */
export const SIGNATURE_S3V4 = 2
export const AUTHENTICATION_KEY = 1

const PACKAGE = 'cosi.v1alpha1'

/** In the order of their numbers, from 1 on. */
function message(fields: Readonly<Record<string, string>>) {
  const numbered = Object.entries(fields).map(([name, type], at) => {
    const isMap = type === 'texts' || type.startsWith('map of ')
    const value = { type: type === 'texts' ? 'string' : type.replace('map of ', ''), id: at + 1 }
    return [name, isMap ? { keyType: 'string', ...value } : value] as const
  })
  return { fields: Object.fromEntries(numbered) }
}

function service(calls: readonly string[]) {
  const methods = calls.map((name) => {
    const types = { requestType: `${name}Request`, responseType: `${name}Response` }
    return [name, { ...types, comment: '' }] as const
  })
  return { methods: Object.fromEntries(methods) }
}

const definitions = {
  Identity: service(['DriverGetInfo']),
  Provisioner: service([
    ...['DriverCreateBucket', 'DriverDeleteBucket'],
    ...['DriverGrantBucketAccess', 'DriverRevokeBucketAccess'],
  ]),
  S3: message({ region: 'string', signatureVersion: 'int32' }),
  // Of the protocols that it may tell, this is the one that Granary speaks.
  Protocol: message({ s3: 'S3' }),
  CredentialDetails: message({ secrets: 'texts' }),
  DriverGetInfoRequest: message({}),
  DriverGetInfoResponse: message({ name: 'string' }),
  DriverCreateBucketRequest: message({ name: 'string', parameters: 'texts' }),
  DriverCreateBucketResponse: message({ bucketId: 'string', bucketInfo: 'Protocol' }),
  DriverDeleteBucketRequest: message({ bucketId: 'string', deleteContext: 'texts' }),
  DriverDeleteBucketResponse: message({}),
  DriverGrantBucketAccessRequest: message({
    ...{ bucketId: 'string', name: 'string', authenticationType: 'int32', parameters: 'texts' },
  }),
  DriverGrantBucketAccessResponse: message({
    ...{ accountId: 'string', credentials: 'map of CredentialDetails' },
  }),
  DriverRevokeBucketAccessRequest: message({
    ...{ bucketId: 'string', accountId: 'string', revokeAccessContext: 'texts' },
  }),
  DriverRevokeBucketAccessResponse: message({}),
}

const loaded = fromJSON(
  { nested: { cosi: { nested: { v1alpha1: { nested: definitions } } } } },
  { defaults: true, objects: true },
)

export const identityService = loaded[`${PACKAGE}.Identity`] as ServiceDefinition
export const provisionerService = loaded[`${PACKAGE}.Provisioner`] as ServiceDefinition
