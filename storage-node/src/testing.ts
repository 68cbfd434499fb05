/**
 * What the suites under test/ may use of a storage node beside its base and its contract.
 *
 * @module
 */

export { knownOperations } from './api/oss/known-operations.ts'
export type { KnownOperationRow } from './api/oss/known-operations.ts'
export { operations } from './api/oss/operations.ts'
export { knownS3Operations } from './api/s3/known-operations.ts'
export type { S3OperationRow } from './api/s3/known-operations.ts'
export { s3Operations } from './api/s3/operations.ts'
export { inlineBodyHashers } from './base/body-hasher.ts'
export { InlineLeases } from './cluster/beacons/inline-leases.ts'
export type { InlineLeasesOptions } from './cluster/beacons/inline-leases.ts'
export { ConfigStoreUnavailableError } from './cluster/config-store.ts'
export type { ConfigStore, ConfigStoreFounder } from './cluster/config-store.ts'
export { StoreStatus } from './cluster/beacons/store-status.ts'
export { ConfigServer } from './cluster/config-stores/config-server.ts'
export { describeConfigStore } from './cluster/config-stores/config-store.compliance.ts'
export type { ConfigStoreHome } from './cluster/config-stores/config-store.compliance.ts'
export { FileConfigStore } from './cluster/config-stores/file-config-store.ts'
export { KubernetesConfigStore } from './cluster/config-stores/kubernetes-config-store.ts'
export { KubernetesFounder } from './cluster/config-stores/kubernetes-fixtures.ts'
export { mayNotFollow } from './cluster/config-stores/transition-rules.ts'
export { MemoryConfigStore } from './cluster/config-stores/memory-config-store.ts'
export { foundRegion } from './cluster/founding.ts'
export type { Leases } from './cluster/leases.ts'
export { PeerFailure, PeerTimeoutError, PeerUnreachableError } from './cluster/peer-network.ts'
export type { PeerHandler, PeerNetwork, RequestOptions } from './cluster/peer-network.ts'
export type { CredentialSource } from './cluster/transport/credentials.ts'
export type { OwnName } from './cluster/transport/handshake.ts'
export { makeLocalCertificates } from './cluster/transport/local-certificates.ts'
export { PeerAdmission } from './cluster/transport/peer-admission.ts'
export { storeLives } from './cluster/transport/store-lives.ts'
export type { BeaconChannel } from './cluster/transport/beacon-channel.ts'
export { parseLocalConfig } from './config.ts'
export { openDiskRegion } from './disk-region.ts'
export type { DiskRegionOptions } from './disk-region.ts'
export { layRegionFiles } from './local-as-processes.ts'
export { ApiClient, KubernetesStatusError } from './kubernetes/api-client.ts'
export { openLocalRegion } from './local-region.ts'
export type { LocalRegion, LocalRegionOptions } from './local-region.ts'
export { startMemoryApi } from './memory-api.ts'
export type { MemoryApi, MemoryApiOptions } from './memory-api.ts'
export { MemoryMachine, openMemoryRegion } from './memory-region.ts'
export type { MemoryRegionOptions } from './memory-region.ts'
export { nodeVariables } from './contract/storage-node-pod.ts'
export type { NodeMessage } from './node-messages.ts'
export { Cluster, InvariantError } from './replication/cluster-fixtures.ts'
export type { ClusterOptions, Director, SwapFate } from './replication/cluster-fixtures.ts'
export type { Effect, Input } from './replication/protocol.ts'
export { mayRead } from './replication/reads.ts'
export type { SimulatedStore } from './replication/store-fixtures.ts'
export { AccountDirectory } from './services/account-directory.ts'
export type { AccountService } from './services/account-service.ts'
export type { BucketService } from './services/bucket-service.ts'
export type { ListingService } from './services/listing-service.ts'
export { ManagedAccounts } from './services/managed-accounts.ts'
export type { ObjectService } from './services/object-service.ts'
export { RegionAccounts } from './services/region-accounts.ts'
export type { UploadService } from './services/upload-service.ts'
export type { KeyValueEngine, Snapshot } from './storage/key-value-engine.ts'
export { MemoryEngine } from './storage/memory-engine.ts'
export { BLOCK_CACHE_BYTES, openRocksdbEngine } from './storage/rocksdb-engine.ts'
export { openStorageNode } from './storage-node.ts'
export type { StorageNode, StorageNodeOptions } from './storage-node.ts'
export { Store } from './storage/store.ts'
export { lockStore } from './storage/store-lock.ts'
export { decode as decodePeerValue, encode as encodePeerValue } from './wire/peer/codec.ts'
export {
  hello,
  NONCE_BYTES,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_MIN,
  refusal,
} from './wire/peer/hello.ts'
export type { Hello, HelloRefusal } from './wire/peer/hello.ts'
export {
  decodeAnswer,
  decodeMessage,
  decodeRequest,
  encodeAnswer,
  encodeMessage,
  encodeRequest,
} from './wire/peer/message-codecs.ts'
export type { PeerAnswer, PeerMessage, PeerRequest, PeerRequestKind } from './wire/peer/messages.ts'
export { decodeChunkRow } from './wire/stored/chunk-rows.ts'
export { decodeEffects } from './wire/stored/effects.ts'
export { readGroup, readGroupHeader } from './wire/stored/journal-groups.ts'
export type { JournalRecord } from './wire/stored/journal-records.ts'
export { objectKeyOfRow } from './wire/stored/keys.ts'
export { decodeObjectRow } from './wire/stored/object-row.ts'
export {
  decodeCountersRow,
  decodeDroppedRow,
  decodeFenceRow,
  decodePartListRow,
  decodePieceRow,
  decodeUploadRow,
} from './wire/stored/rows.ts'
export { decodeWatermark } from './wire/stored/store-identity.ts'
