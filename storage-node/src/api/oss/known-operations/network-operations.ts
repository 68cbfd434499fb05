/**
 * Operations on what a bucket shares with the outside: replication, domain names, access points,
 * styles, and the products that live beside buckets (oss.md 1.5, 1.6, 1.10, 1.12, 1.13).
 *
 * @module
 */

import type { KnownOperation } from './known-operation.ts'

export const networkOperations = {
  PutBucketReplication: { methods: ['POST'], select: ['replication', 'comp=add'] },
  GetBucketReplication: { methods: ['GET'], select: ['replication'] },
  GetBucketReplicationLocation: { methods: ['GET'], select: ['replicationLocation'] },
  GetBucketReplicationProgress: {
    methods: ['GET'],
    select: ['replicationProgress'],
    parameters: ['rule-id'],
  },
  DeleteBucketReplication: { methods: ['POST'], select: ['replication', 'comp=delete'] },
  PutBucketRtc: { methods: ['PUT'], select: ['rtc'] },
  CreateCnameToken: { methods: ['POST'], select: ['cname', 'comp=token'] },
  GetCnameToken: { methods: ['GET'], select: ['cname', 'comp=token'] },
  PutCname: { methods: ['POST'], select: ['cname', 'comp=add'] },
  ListCname: { methods: ['GET'], select: ['cname'] },
  DeleteCname: { methods: ['POST'], select: ['cname', 'comp=delete'] },
  PutStyle: { methods: ['PUT'], select: ['style', 'styleName'], parameters: ['category'] },
  GetStyle: { methods: ['GET'], select: ['style', 'styleName'] },
  DeleteStyle: { methods: ['DELETE'], select: ['style', 'styleName'] },
  ListStyle: { methods: ['GET'], select: ['style'] },
  CreateAccessPoint: { methods: ['PUT'], select: ['accessPoint'] },
  GetAccessPoint: {
    methods: ['GET'],
    select: ['accessPoint'],
    header: 'x-oss-access-point-name',
  },
  DeleteAccessPoint: { methods: ['DELETE'], select: ['accessPoint'] },
  ListBucketAccessPoints: {
    methods: ['GET'],
    select: ['accessPoint'],
    parameters: ['max-keys', 'continuation-token'],
  },
  PutAccessPointPolicy: { methods: ['PUT'], select: ['accessPointPolicy'] },
  GetAccessPointPolicy: { methods: ['GET'], select: ['accessPointPolicy'] },
  DeleteAccessPointPolicy: { methods: ['DELETE'], select: ['accessPointPolicy'] },
  PutAccessPointPublicAccessBlock: {
    methods: ['PUT'],
    select: ['publicAccessBlock', 'x-oss-access-point-name'],
  },
  GetAccessPointPublicAccessBlock: {
    methods: ['GET'],
    select: ['publicAccessBlock', 'x-oss-access-point-name'],
  },
  DeleteAccessPointPublicAccessBlock: {
    methods: ['DELETE'],
    select: ['publicAccessBlock', 'x-oss-access-point-name'],
  },
  CreateAccessPointForObjectProcess: {
    methods: ['PUT'],
    select: ['accessPointForObjectProcess'],
  },
  GetAccessPointForObjectProcess: { methods: ['GET'], select: ['accessPointForObjectProcess'] },
  DeleteAccessPointForObjectProcess: {
    methods: ['DELETE'],
    select: ['accessPointForObjectProcess'],
  },
  PutAccessPointConfigForObjectProcess: {
    methods: ['PUT'],
    select: ['accessPointConfigForObjectProcess'],
  },
  GetAccessPointConfigForObjectProcess: {
    methods: ['GET'],
    select: ['accessPointConfigForObjectProcess'],
  },
  PutAccessPointPolicyForObjectProcess: {
    methods: ['PUT'],
    select: ['accessPointPolicyForObjectProcess'],
  },
  GetAccessPointPolicyForObjectProcess: {
    methods: ['GET'],
    select: ['accessPointPolicyForObjectProcess'],
  },
  DeleteAccessPointPolicyForObjectProcess: {
    methods: ['DELETE'],
    select: ['accessPointPolicyForObjectProcess'],
  },
  PutVectorIndex: { methods: ['POST'], select: ['putVectorIndex'] },
  GetVectorIndex: { methods: ['POST'], select: ['getVectorIndex'] },
  ListVectorIndexes: { methods: ['POST'], select: ['listVectorIndexes'] },
  DeleteVectorIndex: { methods: ['POST'], select: ['deleteVectorIndex'] },
  PutVectors: { methods: ['POST'], select: ['putVectors'] },
  GetVectors: { methods: ['POST'], select: ['getVectors'] },
  ListVectors: { methods: ['POST'], select: ['listVectors'] },
  DeleteVectors: { methods: ['POST'], select: ['deleteVectors'] },
  QueryVectors: { methods: ['POST'], select: ['queryVectors'] },
} as const satisfies Record<string, KnownOperation>
