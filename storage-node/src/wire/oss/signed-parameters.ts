/**
 * Which query parameters a V1 signature covers.
 *
 * Clients disagree: each keeps its own list (oss.md 2.2). A verifier therefore tries the union first
 * and then the two older lists that are in wide use. Parameters whose names begin with `x-oss-` are
 * signed by the clients of the union whether a list names them or not.
 *
 * @module
 */

const DOCUMENTED = `acl uploads location cors logging website referer lifecycle delete append position
tagging objectMeta uploadId partNumber security-token img style styleName replication
replicationProgress replicationLocation cname bucketInfo comp qos live status vod startTime endTime
symlink x-oss-process response-content-type response-content-language response-expires
response-cache-control response-content-disposition response-content-encoding`

const GO_V1 = `x-oss-traffic-limit udf udfName udfImage udfId udfImageDesc udfApplication
udfApplicationLog qosInfo policy encryption requestPayment x-oss-request-payer inventory inventoryId
asyncFetch worm wormId wormExtend withHashContext x-oss-enable-md5 x-oss-enable-sha1
x-oss-enable-sha256 x-oss-hash-ctx x-oss-md5-ctx transferAcceleration x-oss-ac-source-ip
x-oss-ac-subnet-mask x-oss-ac-vpc-id x-oss-ac-forward-allow metaQuery resourceGroup rtc
x-oss-async-process responseHeader stat restore callback callback-var versions versioning versionId
sequential continuation-token regionList cloudboxes`

const OTHERS = `group link objectInfo bucketArchiveDirectRead httpsConfig redundancyTransition
accessPoint accessPointPolicy publicAccessBlock requesterQosInfo qosRequester resourcePool
resourcePoolInfo resourcePoolBuckets processConfiguration vip vpcip seal policyStatus
accessPointForObjectProcess accessPointConfigForObjectProcess accessPointPolicyForObjectProcess
userDefinedLogFieldsConfig overwriteConfig objectWorm retention legalHold cleanRestoredObject
dataAccelerator`

const documented = namesOf(DOCUMENTED)
const goV1 = new Set([...documented, ...namesOf(GO_V1)])
const union = new Set([...goV1, ...namesOf(OTHERS)])

/** Says whether a client of that kind signs the parameter. */
export type IsSigned = (name: string) => boolean

/** In the order in which a verifier tries them. */
export const signedParameterSets: readonly IsSigned[] = [
  (name) => union.has(name) || name.startsWith('x-oss-'),
  (name) => documented.has(name),
  (name) => goV1.has(name),
]

function namesOf(text: string): Set<string> {
  return new Set(text.split(/\s+/))
}
