/**
 * Operations on the service itself (oss.md 1.1).
 *
 * @module
 */

import type { KnownOperation } from './known-operation.ts'

export const serviceOperations = {
  ListBuckets: {
    methods: ['GET'],
    parameters: ['prefix', 'marker', 'max-keys', 'tag-key', 'tag-value', 'tagging', 'regionList'],
  },
  DescribeRegions: { methods: ['GET'], select: ['regions'] },
  GetPublicAccessBlock: { methods: ['GET'], select: ['publicAccessBlock'] },
  PutPublicAccessBlock: { methods: ['PUT'], select: ['publicAccessBlock'] },
  DeletePublicAccessBlock: { methods: ['DELETE'], select: ['publicAccessBlock'] },
  ListAccessPoints: {
    methods: ['GET'],
    select: ['accessPoint'],
    parameters: ['max-keys', 'continuation-token'],
  },
  ListAccessPointsForObjectProcess: {
    methods: ['GET'],
    select: ['accessPointForObjectProcess'],
    parameters: ['max-keys', 'continuation-token'],
  },
  ListUserDataRedundancyTransition: {
    methods: ['GET'],
    select: ['redundancyTransition'],
    parameters: ['max-keys', 'continuation-token'],
  },
  WriteGetObjectResponse: { methods: ['POST'], select: ['x-oss-write-get-object-response'] },
  ListCloudBoxes: {
    methods: ['GET'],
    select: ['cloudboxes'],
    parameters: ['prefix', 'marker', 'max-keys'],
  },
  DoDataPipeLineAction: {
    methods: ['POST'],
    select: ['dataPipeline', 'action'],
    parameters: ['dataPipelineName'],
  },
  GetUserQosInfo: { methods: ['GET'], select: ['qosInfo'] },
  ListResourcePools: {
    methods: ['GET'],
    select: ['resourcePool'],
    parameters: ['max-keys', 'continuation-token'],
  },
  GetResourcePoolInfo: { methods: ['GET'], select: ['resourcePoolInfo', 'resourcePool'] },
  ListResourcePoolBuckets: {
    methods: ['GET'],
    select: ['resourcePoolBuckets', 'resourcePool'],
    parameters: ['max-keys', 'continuation-token'],
  },
  GetResourcePoolQosInfo: { methods: ['GET'], select: ['qosInfo', 'resourcePool'] },
  PutResourcePoolQosInfo: { methods: ['PUT'], select: ['qosInfo', 'resourcePool'] },
  DeleteResourcePoolQosInfo: { methods: ['DELETE'], select: ['qosInfo', 'resourcePool'] },
  ListRequesterQosInfos: {
    methods: ['GET'],
    select: ['requesterQosInfo', 'resourcePool'],
    parameters: ['max-keys', 'continuation-token'],
  },
  GetRequesterQosInfo: {
    methods: ['GET'],
    select: ['requesterQosInfo', 'resourcePool', 'qosRequester'],
  },
  PutRequesterQosInfo: {
    methods: ['PUT'],
    select: ['requesterQosInfo', 'resourcePool', 'qosRequester'],
  },
  DeleteRequesterQosInfo: {
    methods: ['DELETE'],
    select: ['requesterQosInfo', 'resourcePool', 'qosRequester'],
  },
} as const satisfies Record<string, KnownOperation>
