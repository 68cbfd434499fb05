import { parseOperatorConfig } from './config.ts'
import { parseCosiConfig } from './cosi-config.ts'
import { SettingsError } from './settings.ts'

const least = {
  GRANARY_OPERATOR_NAME: 'granary-operator-1',
  GRANARY_OPERATOR_NAMESPACE: 'granary',
  GRANARY_STORAGE_NODE_IMAGE: 'granary/storage-node:1',
}

test('what is not said has a value', () => {
  expect(parseOperatorConfig(least)).toEqual({
    ...{ identity: 'granary-operator-1', namespace: 'granary' },
    ...{ storageNodeImage: 'granary/storage-node:1', probesPort: 7003, resyncMs: 300_000 },
    defaultRegion: { namespace: 'granary', name: 'cn-hangzhou' },
    ...{ pod: undefined, kubeconfig: undefined },
  })
})

test('a pod knows where the API server is', () => {
  const surroundings = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' }
  const { pod } = parseOperatorConfig({ ...least, ...surroundings })
  expect(pod).toEqual({ serviceHost: '10.0.0.1', servicePort: '443' })
})

test('the default region may be in another namespace', () => {
  const { defaultRegion } = parseOperatorConfig({ ...least, GRANARY_DEFAULT_REGION: 'oss/eu' })
  expect(defaultRegion).toEqual({ namespace: 'oss', name: 'eu' })
})

test('every mistake is told at once', () => {
  const wrong = {
    ...{ GRANARY_OPERATOR_NAMESPACE: 'A b', GRANARY_STORAGE_NODE_IMAGE: 'a b' },
    ...{ GRANARY_DEFAULT_REGION: 'Eu', GRANARY_PROBES_PORT: '70000' },
    ...{ GRANARY_RESYNC_SECONDS: 'often', KUBECONFIG: 'config' },
  }
  const parse = () => parseOperatorConfig(wrong)
  expect(parse).toThrow(SettingsError)
  for (const name of [...Object.keys(wrong), 'GRANARY_OPERATOR_NAME']) expect(parse).toThrow(name)
  expect(parse).toThrow('GRANARY_PROBES_PORT must be a whole number from 0 to 65535, is "70000"')
})

test('the driver of COSI needs to know where its resources are, and tells every mistake', () => {
  const kubeconfig = undefined
  expect(parseCosiConfig({ GRANARY_COSI_NAMESPACE: 'cosi' })).toEqual({
    ...{ driverName: 'granary.dev', namespace: 'cosi', socketPath: '/var/lib/cosi/cosi.sock' },
    ...{ defaultRegion: { namespace: 'cosi', name: 'cn-hangzhou' }, probesPort: 7003 },
    ...{ pod: undefined, kubeconfig },
  })
  const wrong = {
    ...{ GRANARY_COSI_DRIVER_NAME: '-a', GRANARY_COSI_SOCKET: 'cosi.sock' },
    ...{ GRANARY_DEFAULT_REGION: 'a/b/c', GRANARY_PROBES_PORT: 'x', KUBECONFIG: 'a' },
  }
  const parse = () => parseCosiConfig(wrong)
  for (const name of [...Object.keys(wrong), 'GRANARY_COSI_NAMESPACE']) expect(parse).toThrow(name)
})
