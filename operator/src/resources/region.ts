/**
 * Region: one OSS region, served by storage nodes in several zones.
 *
 * @module
 */

import { z } from 'zod'
import { defineResource } from './definition.ts'
import type { ResourceOf } from './definition.ts'
import {
  byteQuantity,
  conditions,
  described,
  labelMap,
  objectName,
  observedGeneration,
} from './fields.ts'

const ZONE_COUNT_MAX = 9
const STORAGE_NODES_PER_ZONE_MAX = 64
const EXTERNAL_HOST_COUNT_MAX = 16
const TOLERATION_COUNT_MAX = 32
const PULL_SECRET_COUNT_MAX = 16

const zoneName = () =>
  z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
    .max(63)
const resourceAmounts = (what: string) =>
  z
    .record(
      z.string(),
      z
        .union([z.int(), z.string().max(32)])
        .meta({ isIntOrString: true, description: 'A quantity.' }),
    )
    .default({})
    .meta(described(what, { maxProperties: 16 }))

const storage = z
  .object({
    size: byteQuantity()
      .default('100Gi')
      .meta(
        described(
          'Size of the volume of each storage node, at least 1Gi. A larger size grows the volumes in place; ' +
            'a smaller one is refused. Default: 100Gi.',
          {
            rules: [
              {
                rule: 'isQuantity(self) && quantity(self).compareTo(quantity("1Gi")) >= 0',
                message: 'must be at least 1Gi',
              },
              {
                rule: 'quantity(self).compareTo(quantity(oldSelf)) >= 0',
                message: 'must not shrink: volumes only grow',
                reason: 'FieldValueForbidden',
              },
            ],
          },
        ),
      ),
    storageClassName: objectName()
      .nullable()
      .default(null)
      .describe(
        'StorageClass of the volumes. Of block devices, local or remote; file systems that several pods ' +
          'can mount are refused. Default: the default class of the cluster. Fixed once the Region exists.',
      ),
  })
  .prefault({})
  .meta(
    described('The volumes of the storage nodes.', {
      rules: [
        {
          rule:
            'has(self.storageClassName) == has(oldSelf.storageClassName) && ' +
            '(!has(self.storageClassName) || self.storageClassName == oldSelf.storageClassName)',
          message: 'storageClassName is fixed once the Region exists',
          reason: 'FieldValueForbidden',
        },
      ],
    }),
  )

const resources = z
  .object({
    requests: resourceAmounts('What a storage node is guaranteed: cpu and memory.'),
    limits: resourceAmounts(
      'What a storage node may use at most. With less than 1Gi of memory it is ended under load.',
    ),
  })
  .prefault({})
  .describe('CPU and memory of a storage node. A change restarts the storage nodes, one at a time.')

const toleration = z.object({
  key: z.string().max(316).nullable().default(null).describe('Key of the taint. Default: each.'),
  operator: z
    .enum(['Exists', 'Equal'])
    .default('Equal')
    .describe('How the value is compared. Default: Equal.'),
  value: z.string().max(63).nullable().default(null).describe('Value of the taint.'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .nullable()
    .default(null)
    .describe('Effect of the taint. Default: each.'),
  tolerationSeconds: z
    .int()
    .nullable()
    .default(null)
    .describe('Seconds for which NoExecute is tolerated. Default: for ever.'),
})

const pod = z
  .object({
    nodeSelector: labelMap()
      .default({})
      .describe('Labels that a Node must have to run a storage node. Default: none.'),
    tolerations: z
      .array(toleration)
      .max(TOLERATION_COUNT_MAX)
      .default([])
      .describe('Taints of Nodes that storage nodes put up with. Default: none.'),
    priorityClassName: objectName()
      .nullable()
      .default(null)
      .describe('PriorityClass of the pods. Default: that of the cluster.'),
    imagePullSecrets: z
      .array(z.object({ name: objectName().describe('Name of the Secret.') }))
      .max(PULL_SECRET_COUNT_MAX)
      .default([])
      .describe(
        'Secrets in the namespace of the Region by which the image is pulled. Default: none.',
      ),
    labels: labelMap().default({}).describe('Further labels of the pods. Default: none.'),
    annotations: labelMap().default({}).describe('Further annotations of the pods. Default: none.'),
  })
  .prefault({})
  .describe('How the pods are scheduled and labelled. A change restarts them, one at a time.')

const externalHost = z.object({
  host: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/)
    .max(190)
    .describe(
      'Host name by which clients outside of the cluster reach the region. Buckets are answered below it: ' +
        'the DNS record and the certificate should have a wildcard too.',
    ),
  tlsSecretName: objectName()
    .nullable()
    .default(null)
    .describe(
      'Secret of type kubernetes.io/tls in the namespace of the Region with the certificate of the host and of ' +
        'the names below it. It is read again when it changes. Default: HTTP only.',
    ),
})

const endpoints = z
  .object({
    external: z
      .array(externalHost)
      .max(EXTERNAL_HOST_COUNT_MAX)
      .default([])
      .meta(
        described('Host names for clients outside of the cluster. Default: none.', {
          listMapKeys: ['host'],
        }),
      ),
    service: z
      .object({
        type: z
          .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
          .default('ClusterIP')
          .describe('Type of the Service of the gateway. Default: ClusterIP.'),
        annotations: labelMap()
          .default({})
          .describe('Annotations of that Service, as load balancers read them. Default: none.'),
      })
      .prefault({})
      .describe(
        'How the region is reached from outside. It must pass TCP on: whatever rewrites paths breaks signatures.',
      ),
  })
  .prefault({})
  .describe(
    'Where clients find the region. Inside of the cluster it is always oss-<region>.<namespace>.svc.',
  )

const labelSelector = z
  .object({
    matchLabels: labelMap()
      .default({})
      .describe('Labels that the namespace must have, all of them.'),
  })
  .nullable()
  .default(null)
  .describe('Which namespaces, with `from: Selector`.')

const allowedNamespaces = z
  .object({
    from: z
      .enum(['All', 'Same', 'Selector'])
      .default('All')
      .describe(
        'All: every namespace. Same: only that of the Region. Selector: those with the labels of `selector`. ' +
          'A namespace that is no longer allowed keeps its data and loses its access keys. Default: All.',
      ),
    selector: labelSelector,
  })
  .prefault({})
  .meta(
    described('Which namespaces may hold Buckets and AccessKeys of the region.', {
      rules: [
        {
          rule: 'self.from != "Selector" || (has(self.selector) && size(self.selector.matchLabels) > 0)',
          message: 'from: Selector needs selector.matchLabels',
          reason: 'FieldValueRequired',
        },
        {
          rule: 'self.from == "Selector" || !has(self.selector)',
          message: 'selector is read only with from: Selector',
        },
      ],
    }),
  )

const spec = z
  .object({
    topologyKey: z
      .string()
      .regex(/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/)
      .max(316)
      .default('topology.kubernetes.io/zone')
      .meta(
        described(
          'Label of Nodes whose value is the zone. kubernetes.io/hostname makes a zone of each host, for clusters ' +
            'in one room. Fixed once the Region exists. Default: topology.kubernetes.io/zone.',
          {
            rules: [
              {
                rule: 'self == oldSelf',
                message: 'is fixed once the Region exists',
                reason: 'FieldValueForbidden',
              },
            ],
          },
        ),
      ),
    zones: z
      .array(zoneName())
      .max(ZONE_COUNT_MAX)
      .default([])
      .meta(
        described(
          'Zones of the region. Default: three, chosen once among those of schedulable Nodes, recorded in ' +
            'status.zones and fixed from then on.',
          {
            listType: 'set',
            rules: [
              {
                rule: 'size(oldSelf) == 0 || self == oldSelf',
                message: 'are fixed once they are given',
                reason: 'FieldValueForbidden',
              },
            ],
          },
        ),
      ),
    allowFewerZones: z
      .boolean()
      .default(false)
      .describe(
        'Lets a test cluster run with one or two zones, which a condition says for ever. With two, the loss of ' +
          'one leaves the region read-only. Default: false.',
      ),
    storageNodesPerZone: z
      .int()
      .min(1)
      .max(STORAGE_NODES_PER_ZONE_MAX)
      .default(1)
      .meta(
        described(
          'Number of storage nodes in each zone. Data is spread over those that a region begins with; those that ' +
            'are added later serve requests and hold none. It must not fall. Default: 1.',
          {
            rules: [
              {
                rule: 'self >= oldSelf',
                message: 'must not fall: storage nodes hold data',
                reason: 'FieldValueForbidden',
              },
            ],
          },
        ),
      ),
    ...{ storage, resources, pod, endpoints, allowedNamespaces },
    deletionPolicy: z
      .enum(['Retain', 'Delete'])
      .default('Retain')
      .describe(
        'What becomes of the volumes when the Region is deleted. Retain keeps them, and a Region of the same name ' +
          'finds its data again; Delete removes them. Default: Retain.',
      ),
  })
  .prefault({})
  .meta(
    described('What the region should be.', {
      rules: [
        {
          rule: 'size(self.zones) == 0 || size(self.zones) >= 3 || self.allowFewerZones',
          message: 'zones must be three or more, unless allowFewerZones is true',
        },
      ],
    }),
  )

const zoneStatus = z.object({
  name: zoneName().describe('Name of the zone.'),
  storageNodes: z.int().min(0).optional().describe('Storage nodes that it should have.'),
  ready: z.int().min(0).optional().describe('Storage nodes of it that are ready.'),
  capacityBytes: z.int().min(0).optional().describe('Bytes of their volumes.'),
  usedBytes: z.int().min(0).optional().describe('Bytes used of these.'),
})

const status = z
  .object({
    conditions: conditions(),
    zones: z
      .array(zoneStatus)
      .max(ZONE_COUNT_MAX)
      .optional()
      .meta(described('The zones that were chosen, and how they are.', { listMapKeys: ['name'] })),
    endpoints: z
      .object({
        internal: z.string().max(253).optional().describe('Host name inside of the cluster.'),
        external: z
          .array(z.string().max(253))
          .max(EXTERNAL_HOST_COUNT_MAX)
          .optional()
          .describe('Host names outside of it.'),
      })
      .optional()
      .describe('Where clients find the region.'),
    partitionsCreated: z
      .boolean()
      .optional()
      .meta(
        described('True once the first Partitions were made. They are never made again.', {
          rules: [
            {
              rule: 'self || !oldSelf',
              message: 'stays true: an empty range would take the place of data',
            },
          ],
        }),
      ),
    partitions: z
      .object({
        total: z.int().min(0).describe('Partitions of the region.'),
        active: z.int().min(0).describe('Partitions with a primary.'),
        underReplicated: z.int().min(0).describe('Partitions with fewer members than wanted.'),
      })
      .optional()
      .describe('How the partitions are.'),
    version: z
      .string()
      .max(128)
      .optional()
      .describe('Version that all storage nodes run; during an update the older one.'),
    observedGeneration: observedGeneration(),
  })
  .describe('What is known of the region. Written by the operator.')

export const regions = defineResource({
  kind: 'Region',
  plural: 'regions',
  shortNames: ['ossr'],
  description:
    'A Region is one OSS region: storage nodes in several zones that serve the OSS API and keep every object ' +
    'in each of three zones. Its name is the region id, such as cn-hangzhou.',
  columns: [
    {
      name: 'Ready',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: 'Whether clients are served',
    },
    {
      name: 'Reason',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: 'Why, or why not',
    },
    {
      name: 'Endpoint',
      type: 'string',
      jsonPath: '.status.endpoints.internal',
      description: 'Host name inside of the cluster',
    },
    {
      name: 'Partitions',
      type: 'integer',
      jsonPath: '.status.partitions.active',
      description: 'Partitions with a primary',
    },
    {
      name: 'Version',
      type: 'string',
      jsonPath: '.status.version',
      description: 'Version of the storage nodes',
      priority: 1,
    },
    {
      name: 'Age',
      type: 'date',
      jsonPath: '.metadata.creationTimestamp',
      description: 'Since when it exists',
    },
  ],
  rules: [
    {
      rule: 'self.metadata.name.matches("^[a-z][a-z0-9-]{0,30}[a-z0-9]$")',
      message:
        'the name of a Region must have 2 to 32 of a-z, 0-9 and -, begin with a letter and end with no -',
    },
  ],
  spec,
  status,
})

export type Region = ResourceOf<typeof regions>
/** Name and certificate of a host outside of the cluster. */
export type ExternalHost = Region['spec']['endpoints']['external'][number]
