import { chooseZones, type ZoneNode, type ZoneQuestion } from './choose-zones.ts'

const ZONE = 'topology.kubernetes.io/zone'
const node = (zone: string, change: Partial<ZoneNode> = {}): ZoneNode => ({
  labels: { [ZONE]: zone },
  isUnschedulable: false,
  taints: [],
  ...change,
})
const question: ZoneQuestion = {
  chosen: [],
  named: [],
  topologyKey: ZONE,
  allowFewerZones: false,
  storageNodesPerZone: 1,
  nodes: ['c', 'a', 'b', 'a'].map((zone) => node(zone)),
  nodeSelector: {},
  tolerations: [],
}
const tainted = (key: string, effect: string) => [
  ...['a', 'b'].map((zone) => node(zone)),
  node('c', { taints: [{ key, effect }] }),
]
const tolerated = { operator: 'Exists', key: 'disk', value: null, effect: null } as const

test.each<[string, Partial<ZoneQuestion>, string[]]>([
  ['there are three', {}, ['a', 'b', 'c']],
  [
    'there are more, those with enough machines',
    {
      storageNodesPerZone: 2,
      nodes: ['a', 'b', 'b', 'c', 'c', 'd', 'd'].map((zone) => node(zone)),
    },
    ['b', 'c', 'd'],
  ],
  ['some were chosen before, whatever Nodes say now', { chosen: ['x', 'y', 'z'] }, ['x', 'y', 'z']],
  ['they are named', { named: ['c', 'b', 'a'] }, ['c', 'b', 'a']],
  ['two are enough', { allowFewerZones: true, nodes: [node('b'), node('a')] }, ['a', 'b']],
  [
    'a taint is tolerated',
    { nodes: tainted('disk', 'NoSchedule'), tolerations: [tolerated] },
    ['a', 'b', 'c'],
  ],
  [
    'a machine is away for a while',
    { nodes: tainted('node.kubernetes.io/unreachable', 'NoExecute') },
    ['a', 'b', 'c'],
  ],
  ['a taint only advises', { nodes: tainted('disk', 'PreferNoSchedule') }, ['a', 'b', 'c']],
  [
    'zones are hosts',
    {
      topologyKey: 'kubernetes.io/hostname',
      nodes: ['h1', 'h2', 'h3'].map((name) =>
        node('a', { labels: { 'kubernetes.io/hostname': name } }),
      ),
    },
    ['h1', 'h2', 'h3'],
  ],
])('where %s', (_name, change, zones) => {
  expect(chooseZones({ ...question, ...change })).toEqual({ kind: 'chosen', zones })
})

test.each<[string, Partial<ZoneQuestion>, string, string]>([
  ['no label', { nodes: [node('', { labels: {} })] }, 'TooFewZones', 'names no zone: label Nodes'],
  ['two zones', { nodes: [node('a'), node('b')] }, 'TooFewZones', 'names 2 (a, b)'],
  [
    'a cordoned zone',
    { nodes: [node('a'), node('b'), node('c', { isUnschedulable: true })] },
    'TooFewZones',
    'names 2 (a, b)',
  ],
  ['a tainted zone', { nodes: tainted('disk', 'NoSchedule') }, 'TooFewZones', 'tolerations'],
  ['another selector', { nodeSelector: { disk: 'fast' } }, 'TooFewZones', 'spec.pod.nodeSelector'],
  [
    'a name that no Node has',
    { named: ['a', 'b', 'x'] },
    'ZonesMissing',
    'No schedulable Node has the label topology.kubernetes.io/zone with x',
  ],
  ['two names', { named: ['a', 'b'] }, 'TooFewZones', 'spec.zones names 2 and 3 are needed'],
  ['no Nodes at all', { nodes: [], allowFewerZones: true }, 'TooFewZones', 'allowFewerZones'],
])('with %s it says what to set', (_name, change, reason, words) => {
  const choice = chooseZones({ ...question, ...change })
  expect(choice).toMatchObject({ kind: 'refused', refusal: { reason } })
  expect(JSON.stringify(choice)).toContain(words)
})
