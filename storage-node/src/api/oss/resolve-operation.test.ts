import fc from 'fast-check'
import { OssError } from '../../model/errors.ts'
import { parseQuery } from '../../wire/oss/request-head.ts'
import { knownOperations } from './known-operations.ts'
import type { ResourceLevel } from './known-operations/known-operation.ts'
import { resolveOperation } from './resolve-operation.ts'

/** Name of the operation, or code and argument of the refusal. */
function resolve(method: string, path: string, headers: Record<string, string> = {}): string {
  const [before = '', rawQuery = ''] = path.split(/\?(.*)/)
  const level: ResourceLevel =
    before === 'service' ? 'service' : before === '/' ? 'bucket' : 'object'
  try {
    return resolveOperation({ method, query: parseQuery(rawQuery), headers }, level)
  } catch (error) {
    if (!(error instanceof OssError)) throw error
    return `${error.code} ${error.details.map(({ value }) => value).join(' ')}`
  }
}

/** The rows of oss.md 1, in its order. */
const SPEC = `
GET service ListBuckets
GET service?prefix=a&marker=b&max-keys=3&tag-key=k&tag-value=v ListBuckets
GET service?tagging=k:v ListBuckets
GET service?regions DescribeRegions
GET service?regions=oss-cn-x DescribeRegions
GET service?publicAccessBlock GetPublicAccessBlock
PUT service?publicAccessBlock PutPublicAccessBlock
DELETE service?publicAccessBlock DeletePublicAccessBlock
GET service?accessPoint&max-keys=1&continuation-token=t ListAccessPoints
GET /?accessPoint ListBucketAccessPoints
GET service?accessPointForObjectProcess ListAccessPointsForObjectProcess
GET service?redundancyTransition ListUserDataRedundancyTransition
POST service?x-oss-write-get-object-response WriteGetObjectResponse
GET service?cloudboxes ListCloudBoxes
POST service?dataPipeline&action=putDataPipelineConfiguration&dataPipelineName=n DoDataPipeLineAction
GET service?qosInfo GetUserQosInfo
GET service?resourcePool ListResourcePools
GET service?resourcePoolInfo&resourcePool=p GetResourcePoolInfo
GET service?resourcePoolBuckets&resourcePool=p ListResourcePoolBuckets
PUT service?qosInfo&resourcePool=p PutResourcePoolQosInfo
GET service?requesterQosInfo&resourcePool=p&qosRequester=1 GetRequesterQosInfo
PUT / PutBucket
DELETE / DeleteBucket
GET / ListObjects
GET /?prefix=a&delimiter=/&marker=b&max-keys=10&encoding-type=url ListObjects
GET /?list-type=2&prefix=a&delimiter=/&start-after=b&continuation-token=c&max-keys=1&encoding-type=url&fetch-owner=true ListObjectsV2
GET /?versions&prefix=a&delimiter=/&key-marker=b&version-id-marker=c&max-keys=1&encoding-type=url ListObjectVersions
GET /?bucketInfo GetBucketInfo
GET /?location GetBucketLocation
GET /?stat GetBucketStat
PUT /?acl PutBucketAcl
GET /?acl GetBucketAcl
PUT /?tagging PutBucketTags
GET /?tagging GetBucketTags
DELETE /?tagging DeleteBucketTags
DELETE /?tagging=k1,k2 DeleteBucketTags
DELETE /?tagging=k1&other=k2 DeleteBucketTags
PUT /?versioning PutBucketVersioning
GET /?versioning GetBucketVersioning
PUT /?lifecycle PutBucketLifecycle
GET /?lifecycle GetBucketLifecycle
DELETE /?lifecycle DeleteBucketLifecycle
PUT /?website PutBucketWebsite
GET /?website GetBucketWebsite
DELETE /?website DeleteBucketWebsite
PUT /?referer PutBucketReferer
GET /?referer GetBucketReferer
PUT /?logging PutBucketLogging
GET /?logging GetBucketLogging
DELETE /?logging DeleteBucketLogging
PUT /?userDefinedLogFieldsConfig PutUserDefinedLogFieldsConfig
GET /?userDefinedLogFieldsConfig GetUserDefinedLogFieldsConfig
DELETE /?userDefinedLogFieldsConfig DeleteUserDefinedLogFieldsConfig
PUT /?cors PutBucketCors
GET /?cors GetBucketCors
DELETE /?cors DeleteBucketCors
OPTIONS /k OptionObject
OPTIONS /k?anything OptionObject
OPTIONS / OptionObject
PUT /?encryption PutBucketEncryption
GET /?encryption GetBucketEncryption
DELETE /?encryption DeleteBucketEncryption
PUT /?policy PutBucketPolicy
GET /?policy GetBucketPolicy
DELETE /?policy DeleteBucketPolicy
GET /?policyStatus GetBucketPolicyStatus
PUT /?policy&comp=callback PutBucketCallbackPolicy
GET /?policy&comp=callback GetBucketCallbackPolicy
DELETE /?policy&comp=callback DeleteBucketCallbackPolicy
PUT /?publicAccessBlock PutBucketPublicAccessBlock
GET /?publicAccessBlock GetBucketPublicAccessBlock
DELETE /?publicAccessBlock DeleteBucketPublicAccessBlock
PUT /?requestPayment PutBucketRequestPayment
GET /?requestPayment GetBucketRequestPayment
PUT /?transferAcceleration PutBucketTransferAcceleration
GET /?transferAcceleration GetBucketTransferAcceleration
PUT /?accessmonitor PutBucketAccessMonitor
GET /?accessmonitor GetBucketAccessMonitor
PUT /?bucketArchiveDirectRead PutBucketArchiveDirectRead
GET /?bucketArchiveDirectRead GetBucketArchiveDirectRead
PUT /?inventory&inventoryId=i PutBucketInventory
GET /?inventory&inventoryId=i GetBucketInventory
DELETE /?inventory&inventoryId=i DeleteBucketInventory
GET /?inventory ListBucketInventory
GET /?inventory&continuation-token=t ListBucketInventory
PUT /?httpsConfig PutBucketHttpsConfig
GET /?httpsConfig GetBucketHttpsConfig
PUT /?resourceGroup PutBucketResourceGroup
GET /?resourceGroup GetBucketResourceGroup
PUT /?overwriteConfig PutBucketOverwriteConfig
GET /?overwriteConfig GetBucketOverwriteConfig
DELETE /?overwriteConfig DeleteBucketOverwriteConfig
POST /?redundancyTransition&x-oss-target-redundancy-type=ZRS CreateBucketDataRedundancyTransition
GET /?redundancyTransition&x-oss-redundancy-transition-taskid=t GetBucketDataRedundancyTransition
DELETE /?redundancyTransition&x-oss-redundancy-transition-taskid=t DeleteBucketDataRedundancyTransition
GET /?redundancyTransition ListBucketDataRedundancyTransition
PUT /?qosInfo PutBucketQosInfo
GET /?qosInfo GetBucketQosInfo
DELETE /?qosInfo DeleteBucketQosInfo
PUT /?qos PutBucketStorageCapacity
GET /?qos GetBucketStorageCapacity
PUT /?responseHeader PutBucketResponseHeader
GET /?responseHeader GetBucketResponseHeader
DELETE /?responseHeader DeleteBucketResponseHeader
PUT /?dataAccelerator PutBucketDataAccelerator
GET /?dataAccelerator GetBucketDataAccelerator
DELETE /?dataAccelerator DeleteBucketDataAccelerator
POST /?worm InitiateBucketWorm
DELETE /?worm AbortBucketWorm
POST /?wormId=i CompleteBucketWorm
POST /?wormExtend&wormId=i ExtendBucketWorm
GET /?worm GetBucketWorm
PUT /?objectWorm PutBucketObjectWormConfiguration
GET /?objectWorm GetBucketObjectWormConfiguration
PUT /k?retention PutObjectRetention
GET /k?retention&versionId=v GetObjectRetention
PUT /k?legalHold&versionId=v PutObjectLegalHold
GET /k?legalHold GetObjectLegalHold
POST /?replication&comp=add PutBucketReplication
GET /?replication GetBucketReplication
GET /?replicationLocation GetBucketReplicationLocation
GET /?replicationProgress&rule-id=r GetBucketReplicationProgress
POST /?replication&comp=delete DeleteBucketReplication
PUT /?rtc PutBucketRtc
POST /?cname&comp=token CreateCnameToken
GET /?cname=example.com&comp=token GetCnameToken
POST /?cname&comp=add PutCname
GET /?cname ListCname
POST /?cname&comp=delete DeleteCname
PUT /k PutObject
PUT /dir/ PutObject
GET /k GetObject
GET /k?response-content-type=a&versionId=v&x-oss-traffic-limit=819200 GetObject
HEAD /k HeadObject
HEAD /k?versionId=v HeadObject
HEAD /k?objectMeta GetObjectMeta
GET /k?objectMeta GetObjectMeta
POST /k?append&position=0 AppendObject
POST /k?seal&position=0 SealAppendObject
DELETE /k DeleteObject
DELETE /k?versionId=v DeleteObject
DELETE /k?symlink&versionId=v DeleteObject
POST /?delete DeleteMultipleObjects
POST /?delete&encoding-type=url DeleteMultipleObjects
PUT /k?acl PutObjectAcl
GET /k?acl&versionId=v GetObjectAcl
POST /k?restore&versionId=v RestoreObject
POST /k?cleanRestoredObject CleanRestoredObject
PUT /k?symlink PutSymlink
GET /k?symlink&versionId=v GetSymlink
PUT /k?tagging PutObjectTagging
GET /k?tagging GetObjectTagging
DELETE /k?tagging&versionId=v DeleteObjectTagging
POST / PostObject
POST /k?uploads InitiateMultipartUpload
POST /k?uploads&encoding-type=url InitiateMultipartUpload
PUT /k?partNumber=1&uploadId=U UploadPart
POST /k?uploadId=U CompleteMultipartUpload
DELETE /k?uploadId=U AbortMultipartUpload
GET /?uploads&prefix=a&delimiter=/&key-marker=k&upload-id-marker=u&max-uploads=1&encoding-type=url ListMultipartUploads
GET /k?uploadId=U&part-number-marker=1&max-parts=2&encoding-type=url ListParts
POST /dir?x-oss-dir CreateDirectory
POST /dst?x-oss-rename Rename
POST /dir?x-oss-delete DeleteDirectory
GET /k?x-oss-process=image/resize,w_100 ProcessOnRead
HEAD /k?x-oss-process=style/x ProcessOnRead
POST /k?x-oss-process ProcessObject
POST /k?x-oss-async-process AsyncProcessObject
POST /k?x-oss-process=csv/select SelectObject
POST /k?x-oss-process=json/select SelectJsonObject
POST /k?x-oss-process=csv/meta CreateSelectObjectMeta
POST /k?x-oss-process=json/meta CreateSelectJsonObjectMeta
PUT /?style&styleName=n&category=image PutStyle
GET /?style&styleName=n GetStyle
DELETE /?style&styleName=n DeleteStyle
GET /?style ListStyle
PUT /ch?live PutLiveChannel
GET /?live&prefix=a&marker=b&max-keys=1 ListLiveChannel
DELETE /ch?live DeleteLiveChannel
PUT /ch?live&status=enabled PutLiveChannelStatus
GET /ch?live GetLiveChannelInfo
GET /ch?live&comp=stat GetLiveChannelStat
GET /ch?live&comp=history GetLiveChannelHistory
POST /ch/list.m3u8?vod&startTime=1&endTime=2 PostVodPlaylist
GET /ch?vod&startTime=1&endTime=2 GetVodPlaylist
POST /?asyncFetch PutAsyncFetchTask
GET /?asyncFetch GetAsyncFetchTask
POST /?metaQuery&comp=add&mode=basic OpenMetaQuery
GET /?metaQuery GetMetaQueryStatus
POST /?metaQuery&comp=query DoMetaQuery
POST /?metaQuery&comp=delete CloseMetaQuery
POST /?metaQuery&action=createDataset DoMetaQueryAction
POST /?putVectorIndex PutVectorIndex
POST /?queryVectors QueryVectors
PUT /?accessPoint CreateAccessPoint
DELETE /?accessPoint DeleteAccessPoint
PUT /?accessPointPolicy PutAccessPointPolicy
GET /?accessPointPolicy GetAccessPointPolicy
DELETE /?accessPointPolicy DeleteAccessPointPolicy
PUT /?publicAccessBlock&x-oss-access-point-name=n PutAccessPointPublicAccessBlock
GET /?publicAccessBlock&x-oss-access-point-name=n GetAccessPointPublicAccessBlock
DELETE /?publicAccessBlock&x-oss-access-point-name=n DeleteAccessPointPublicAccessBlock
PUT /?accessPointForObjectProcess CreateAccessPointForObjectProcess
PUT /?accessPointConfigForObjectProcess PutAccessPointConfigForObjectProcess
DELETE /?accessPointPolicyForObjectProcess DeleteAccessPointPolicyForObjectProcess
`

const specRows = SPEC.trim()
  .split('\n')
  .map((line) => line.split(' ') as [string, string, string])

test.each(specRows)('%s %s is %s', (method, path, name) => {
  expect(resolve(method, path)).toBe(name)
})

test('a header tells operations apart that share a route', () => {
  const copy = { 'x-oss-copy-source': '/b/k' }
  expect(resolve('PUT', '/k', copy)).toBe('CopyObject')
  expect(resolve('PUT', '/k?partNumber=1&uploadId=U', copy)).toBe('UploadPartCopy')
  expect(resolve('PUT', '/k?acl', copy)).toBe('PutObjectAcl')
  expect(resolve('GET', '/?accessPoint', { 'x-oss-access-point-name': 'n' })).toBe('GetAccessPoint')
})

test('every row of the table is reached by its own route', () => {
  for (const { name, level, methods, select, header } of knownOperations) {
    const base = level === 'service' ? 'service' : level === 'bucket' ? '/' : '/k'
    const headers = header === undefined ? {} : { [header]: 'x' }
    for (const method of methods) {
      expect(resolve(method, `${base}?${(select ?? []).join('&')}`, headers)).toBe(name)
    }
  }
})

test('HEAD of a bucket or of the service is answered like GET', () => {
  expect(resolve('HEAD', '/')).toBe('ListObjects')
  expect(resolve('HEAD', '/?acl')).toBe('GetBucketAcl')
  expect(resolve('HEAD', 'service')).toBe('ListBuckets')
})

test.each([
  ['GET', '/k?x-id=GetObject'],
  ['GET', '/k?x-trace=1&x-oss-tag=1&x-oss-traffic-limit=1&x-oss-request-payer=requester'],
  ['GET', '/k?OSSAccessKeyId=a&Expires=1&Signature=s&security-token=t'],
  ['GET', '/k?v=3&utm_source=mail&callback=f&_=1754000000000'],
  ['GET', '/k?x-oss-signature=a&x-oss-date=d&x-oss-credential=c&x-oss-signature-version=v'],
])('%s %s selects nothing else than the object', (method, path) => {
  expect(resolve(method, path)).toBe('GetObject')
})

test.each([
  ['PUT', '/k?unknown', 'NotImplemented unknown'],
  ['GET', '/k?acls', 'NotImplemented acls'],
  ['GET', '/k?v=', 'NotImplemented v'],
  ['GET', '/k?v=3&acls', 'NotImplemented acls'],
  ['GET', '/k?VersionID=v', 'NotImplemented VersionID'],
  ['GET', '/k?ACL=1', 'NotImplemented ACL'],
  ['GET', '/k?tagging&v=3', 'NotImplemented v'],
  ['GET', '/?v=3', 'NotImplemented v'],
  ['PUT', '/k?v=3', 'NotImplemented v'],
  ['DELETE', '/k?v=3', 'NotImplemented v'],
  ['PUT', '/k?x-oss-fold', 'NotImplemented x-oss-fold'],
  ['PUT', '/k?udf', 'NotImplemented udf'],
  ['PUT', '/k?acl&callback=abc', 'NotImplemented callback'],
  ['POST', '/k?append&position=0&callback=abc', 'NotImplemented callback'],
  ['PUT', '/k?logging', 'NotImplemented logging'],
  ['PUT', '/?legalHold', 'NotImplemented legalHold'],
  ['PUT', '/k?x-oss-dir&acl', 'NotImplemented x-oss-dir'],
  ['PUT', '/k?acl&tagging', 'NotImplemented acl'],
  ['GET', '/k?partNumber=1', 'NotImplemented partNumber'],
  ['PUT', '/k?partNumber=1', 'NotImplemented partNumber'],
  ['GET', '/k?x-oss-write-get-object-response', 'NotImplemented x-oss-write-get-object-response'],
  ['GET', '/k?x-oss-ac-vpc-id=v', 'NotImplemented x-oss-ac-vpc-id'],
  ['GET', '/?list-type=3', 'NotImplemented list-type'],
  ['POST', '/?metaQuery&comp=other', 'NotImplemented metaQuery'],
  ['GET', '/?prefix=a&start-after=b', 'NotImplemented start-after'],
  ['DELETE', '/k?VersionId=v', 'NotImplemented VersionId'],
  ['POST', '/k', 'MethodNotAllowed POST OBJECT'],
  ['PATCH', '/k', 'MethodNotAllowed PATCH OBJECT'],
  ['PATCH', '/', 'MethodNotAllowed PATCH BUCKET'],
  ['PUT', 'service', 'MethodNotAllowed PUT SERVICE'],
  ['DELETE', '/k?acl', 'MethodNotAllowed DELETE OBJECT'],
  ['PUT', '/k?uploadId=U', 'MethodNotAllowed PUT OBJECT'],
  ['get', '/k', 'MethodNotAllowed get OBJECT'],
])('%s %s is refused: %s', (method, path, refusal) => {
  expect(resolve(method, path)).toBe(refusal)
})

test('a refused method is answered with those that are allowed', () => {
  const request = { method: 'PUT', query: parseQuery('uploadId=u'), headers: {} }
  expect(() => resolveOperation(request, 'object')).toThrow(
    expect.objectContaining({ headers: { allow: 'POST, DELETE, GET' } }),
  )
})

test('a parameter that nobody knows never ends in a plain write or read', () => {
  const plain = new Set(['PutObject', 'GetObject', 'DeleteObject', 'PutBucket', 'ListObjects'])
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/)
  const known = knownOperations.flatMap(({ parameters }) => parameters ?? [])
  const common = /^(x-(?!oss-)|security-token$|response-|Expires$|Signature$|OSSAccessKeyId$)/
  fc.assert(
    fc.property(
      fc.constantFrom('PUT', 'GET', 'DELETE'),
      fc.constantFrom('/', '/k'),
      name,
      (m, p, n) => {
        fc.pre(!known.includes(n) && !common.test(n))
        expect(plain.has(resolve(m, `${p}?${n}`))).toBe(false)
      },
    ),
    { numRuns: 1000 },
  )
})
