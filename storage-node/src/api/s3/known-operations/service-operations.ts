/**
 * Operations of the S3 API on the service itself.
 *
 * @module
 */

import type { KnownOperation } from '../../oss/known-operations/known-operation.ts'

export const serviceOperations = {
  ListBuckets: {
    methods: ['GET'],
    parameters: ['prefix', 'continuation-token', 'max-buckets', 'bucket-region'],
  },
} as const satisfies Record<string, KnownOperation>
