/**
 * The command-line clients of the S3 dialect, from Debian, and how they are told of a server.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDebianPackages } from '../../support/debian-packages.ts'
import type { Access } from '../../support/oss-request.ts'
import { CommandTool } from '../command-tool.ts'

/** Installs what is missing. */
export function installS3Tools(): void {
  for (const [file, name] of [
    ['/usr/bin/s3cmd', 's3cmd'],
    ['/usr/bin/rclone', 'rclone'],
    ['/usr/bin/aws', 'awscli'],
  ] as const) {
    ensureDebianPackages({ files: [file], packages: [name] })
  }
}

/** s3cmd, path style. */
export function s3cmd(folder: string, access: Access, signature: 'v2' | 'v4'): CommandTool {
  const { host } = new URL(access.endpoint)
  const lines = [
    '[default]',
    `access_key = ${access.accessKeyId}`,
    `secret_key = ${access.accessKeySecret}`,
    `bucket_location = ${access.region}`,
    `host_base = ${host}`,
    `host_bucket = ${host}`,
    'use_https = False',
    `signature_v2 = ${signature === 'v2' ? 'True' : 'False'}`,
    'progress_meter = False',
    'multipart_chunk_size_mb = 5',
  ]
  const before = ['--config', configure(folder, 's3cfg', lines)]
  return new CommandTool({ binary: '/usr/bin/s3cmd', folder, before })
}

/** rclone, whose remote is `grain:`; as a client of the service it puts the bucket into the host. */
export function rclone(folder: string, access: Access, provider: 'Alibaba' | 'Other'): CommandTool {
  const { host } = new URL(access.endpoint)
  const lines = [
    '[grain]',
    'type = s3',
    `provider = ${provider}`,
    `access_key_id = ${access.accessKeyId}`,
    `secret_access_key = ${access.accessKeySecret}`,
    `endpoint = http://${host}`,
    `region = ${provider === 'Other' ? access.region : ''}`,
    'chunk_size = 5Mi',
    'upload_cutoff = 5Mi',
    'copy_cutoff = 5Mi',
  ]
  const before = ['--config', configure(folder, 'rclone.conf', lines), '--retries', '1']
  return new CommandTool({ binary: '/usr/bin/rclone', folder, before })
}

/** aws, the tool of the service whose dialect this is. */
export function awsCli(folder: string, access: Access): CommandTool {
  const lines = ['[default]', 's3 =', '  multipart_threshold = 5MB', '  multipart_chunksize = 5MB']
  return new CommandTool({
    ...{ binary: '/usr/bin/aws', folder, before: ['--endpoint-url', access.endpoint] },
    environment: {
      AWS_CONFIG_FILE: configure(folder, 'aws-config', lines),
      AWS_ACCESS_KEY_ID: access.accessKeyId,
      AWS_SECRET_ACCESS_KEY: access.accessKeySecret,
      AWS_DEFAULT_REGION: access.region,
      AWS_DEFAULT_OUTPUT: 'json',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_PAGER: '',
    },
  })
}

function configure(folder: string, name: string, lines: readonly string[]): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 })
  return path
}
