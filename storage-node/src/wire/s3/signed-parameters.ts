/**
 * Which query parameters a V2 signature of the S3 dialect covers.
 *
 * The list has grown over the years, and each client stopped somewhere.
 *
 * @module
 */

const OVERRIDES = `response-content-type response-content-language response-expires
response-cache-control response-content-disposition response-content-encoding`

const FIRST = `acl location logging notification partNumber policy requestPayment torrent uploadId
uploads versionId versioning versions website`

const LATER = `accelerate analytics cors defaultObjectAcl delete inventory lifecycle metrics object-lock
replication restore select select-type storageClass tagging`

const LATEST = `attributes encryption intelligent-tiering legal-hold ownershipControls policyStatus
publicAccessBlock retention`

const oldest = namesOf(`${FIRST} delete`)
const overridden = namesOf(`${FIRST} delete ${OVERRIDES}`)
const later = namesOf(`${FIRST} ${OVERRIDES} ${LATER}`)
const union = namesOf(`${FIRST} ${OVERRIDES} ${LATER} ${LATEST}`)

/** Says whether a client of that kind signs the parameter. */
export type IsSigned = (name: string) => boolean

/** In the order in which a verifier tries them: everything first. */
export const s3SignedParameterSets: readonly IsSigned[] = [union, later, overridden, oldest].map(
  (names) => (name) => names.has(name),
)

function namesOf(text: string): Set<string> {
  return new Set(text.split(/\s+/))
}
