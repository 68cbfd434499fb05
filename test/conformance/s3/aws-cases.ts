/**
 * What a user does with aws, by its commands for files (`s3`) and by those for requests (`s3api`). The cases build on
 * each other.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Case } from '../cases.ts'
import { mustBeSameBytes, mustEqual, mustInclude } from '../cases.ts'
import type { CommandTool } from '../command-tool.ts'
import type { ClientFiles } from './client-files.ts'
import { SMALL_TEXT } from './client-files.ts'

/** Returns the cases in the order in which they must run; `bucket` is not there yet. */
export function awsCases(tool: CommandTool, bucket: string, files: ClientFiles): Case[] {
  const api = requester(tool)
  return [
    ...fileCases(tool, `s3://${bucket}`, files),
    ...treeCases(tool, `s3://${bucket}`, files),
    ...objectCases(tool, api, bucket, files),
    ...listCases(api, bucket, files),
    ...settingCases(tool, api, bucket),
    ...partCases(api, bucket, files),
    ...versionCases(tool, api, bucket, files),
  ]
}

type Answer = Record<string, unknown>
type Request = (operation: string, options: Readonly<Record<string, string>>) => Promise<Answer>

/** Sends one request; an answer without a document is an empty one. */
function requester(tool: CommandTool): Request {
  return async (operation, options) => {
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    const output = await tool.run('s3api', operation, ...args)
    return output.trim() === '' ? {} : (JSON.parse(output) as Answer)
  }
}

function fileCases(tool: CommandTool, url: string, files: ClientFiles): Case[] {
  return [
    {
      name: 's3 mb makes a bucket that s3 ls shows',
      async run() {
        await tool.run('s3', 'mb', url)
        mustInclude(await tool.run('s3', 'ls'), url.slice('s3://'.length))
      },
    },
    {
      name: 's3 cp of a small and of a large file',
      async run() {
        for (const [file, name] of [
          [files.small, 'small.txt'],
          [files.large, 'large.bin'],
        ] as const) {
          await tool.run('s3', 'cp', file, `${url}/${name}`)
          await tool.run('s3', 'cp', `${url}/${name}`, files.down(name))
          mustBeSameBytes(file, files.down(name))
        }
      },
    },
    {
      name: 's3 mv of a large object on the server',
      async run() {
        await tool.run('s3', 'mv', `${url}/large.bin`, `${url}/moved.bin`)
        await tool.run('s3', 'cp', `${url}/moved.bin`, files.down('moved'))
        mustBeSameBytes(files.large, files.down('moved'))
      },
    },
    {
      name: 's3 presign makes a URL that works unsigned',
      async run() {
        const signed = (await tool.run('s3', 'presign', `${url}/small.txt`)).trim()
        const answer = await fetch(signed)
        mustEqual([answer.status, await answer.text()], [200, SMALL_TEXT])
        mustEqual((await fetch(signed.replace(/\?.*/, ''))).status, 403)
      },
    },
  ]
}

function treeCases(tool: CommandTool, url: string, files: ClientFiles): Case[] {
  return [
    {
      name: 's3 sync carries a tree up and down, and then nothing',
      async run() {
        await tool.run('s3', 'sync', files.tree, `${url}/tree`)
        mustEqual((await tool.run('s3', 'sync', files.tree, `${url}/tree`)).trim(), '')
        mkdirSync(files.down('tree'))
        await tool.run('s3', 'sync', `${url}/tree`, files.down('tree'))
        return files.mustBeTree(files.down('tree'))
      },
    },
    {
      name: 's3 sync --delete removes what is gone',
      async run() {
        const added = join(files.tree, 'added')
        writeFileSync(added, 'new')
        mustInclude(await tool.run('s3', 'sync', files.tree, `${url}/tree`), 'upload:')
        rmSync(added)
        const output = await tool.run('s3', 'sync', '--delete', files.tree, `${url}/tree`)
        mustInclude(output, 'delete:')
      },
    },
    {
      name: 's3 rm --recursive removes a folder, s3 ls what is left',
      async run() {
        await tool.run('s3', 'rm', '--recursive', `${url}/tree`)
        const output = await tool.run('s3', 'ls', `${url}/`)
        mustInclude(output, 'small.txt', 'moved.bin')
        mustEqual(output.includes('tree'), false)
      },
    },
  ]
}

function objectCases(tool: CommandTool, api: Request, bucket: string, files: ClientFiles): Case[] {
  const key = 'object'
  return [
    {
      name: 'put-object, head-object and get-object',
      async run() {
        const metadata = { metadata: 'colour=blue', 'content-type': 'text/x-grain' }
        const put = await api('put-object', { bucket, key, body: files.small, ...metadata })
        const head = await api('head-object', { bucket, key })
        mustEqual(
          [head['ETag'], head['ContentLength'], head['ContentType'], head['Metadata']],
          [put['ETag'], 20, 'text/x-grain', { colour: 'blue' }],
        )
        await tool.run(
          's3api',
          'get-object',
          '--bucket',
          bucket,
          '--key',
          key,
          files.down('object'),
        )
        mustBeSameBytes(files.small, files.down('object'))
      },
    },
    {
      name: 'get-object of a range, and on conditions',
      async run() {
        const get = ['s3api', 'get-object', '--bucket', bucket, '--key', key]
        mustInclude(
          await tool.run(...get, '--range', 'bytes=0-6', files.down('range')),
          'bytes 0-6/20',
        )
        await tool.fails('PreconditionFailed', ...get, '--if-match', '"no"', files.down('range'))
      },
    },
    {
      name: 'copy-object, put-object-tagging, delete-objects',
      async run() {
        await api('copy-object', { bucket, key: 'copy', 'copy-source': `${bucket}/${key}` })
        const tagging = JSON.stringify({ TagSet: [{ Key: 'kind', Value: 'grain' }] })
        await api('put-object-tagging', { bucket, key: 'copy', tagging })
        const { TagSet } = await api('get-object-tagging', { bucket, key: 'copy' })
        mustEqual(TagSet, [{ Key: 'kind', Value: 'grain' }])
        const gone = JSON.stringify({ Objects: [{ Key: 'copy' }, { Key: 'never' }] })
        const { Deleted } = await api('delete-objects', { bucket, delete: gone })
        mustEqual((Deleted as { Key: string }[]).map(({ Key }) => Key).sort(), ['copy', 'never'])
        await tool.fails('404', 's3api', 'head-object', '--bucket', bucket, '--key', 'copy')
      },
    },
    {
      name: 'get-object-attributes',
      async run() {
        const wanted = { 'object-attributes': 'ObjectSize' }
        const { ObjectSize } = await api('get-object-attributes', { bucket, key, ...wanted })
        mustEqual(ObjectSize, 20)
      },
    },
  ]
}

function listCases(api: Request, bucket: string, files: ClientFiles): Case[] {
  return [
    {
      name: 'list-objects-v2 in pages',
      async run() {
        for (const name of ['p/1', 'p/2', 'p/3', 'q/1']) {
          await api('put-object', { bucket, key: name, body: files.small })
        }
        const paged = await api('list-objects-v2', { bucket, prefix: 'p/', 'page-size': '2' })
        mustEqual(keysOf(paged['Contents']), ['p/1', 'p/2', 'p/3'])
        const grouped = await api('list-objects-v2', { bucket, delimiter: '/' })
        mustEqual(grouped['CommonPrefixes'], [{ Prefix: 'p/' }, { Prefix: 'q/' }])
        const first = await api('list-objects', { bucket, prefix: 'p/', 'page-size': '1' })
        mustEqual(keysOf(first['Contents']), ['p/1', 'p/2', 'p/3'])
      },
    },
  ]
}

function keysOf(contents: unknown): string[] {
  return (contents as { Key: string }[]).map(({ Key }) => Key)
}

function settingCases(tool: CommandTool, api: Request, bucket: string): Case[] {
  return [
    {
      name: 'head-bucket and get-bucket-location',
      async run() {
        await api('head-bucket', { bucket })
        mustInclude(JSON.stringify(await api('get-bucket-location', { bucket })), 'cn-hangzhou')
        await tool.fails('404', 's3api', 'head-bucket', '--bucket', `${bucket}-missing`)
      },
    },
    {
      name: 'put-bucket-acl and get-bucket-acl',
      async run() {
        await api('put-bucket-acl', { bucket, acl: 'public-read' })
        mustInclude(JSON.stringify(await api('get-bucket-acl', { bucket })), 'AllUsers')
        await api('put-bucket-acl', { bucket, acl: 'private' })
      },
    },
    {
      name: 'put-bucket-tagging and its two twins',
      async run() {
        const tagging = JSON.stringify({ TagSet: [{ Key: 'kind', Value: 'grain' }] })
        await api('put-bucket-tagging', { bucket, tagging })
        const { TagSet } = await api('get-bucket-tagging', { bucket })
        mustEqual(TagSet, [{ Key: 'kind', Value: 'grain' }])
        await api('delete-bucket-tagging', { bucket })
        await tool.fails('NoSuchTagSet', 's3api', 'get-bucket-tagging', '--bucket', bucket)
      },
    },
    {
      name: 'put-bucket-cors and its two twins',
      async run() {
        const CORSRules = [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'], MaxAgeSeconds: 60 }]
        await api('put-bucket-cors', {
          bucket,
          'cors-configuration': JSON.stringify({ CORSRules }),
        })
        mustEqual((await api('get-bucket-cors', { bucket }))['CORSRules'], CORSRules)
        await api('delete-bucket-cors', { bucket })
        await tool.fails('NoSuchCORSConfiguration', 's3api', 'get-bucket-cors', '--bucket', bucket)
      },
    },
    {
      name: 'put-public-access-block and its two twins',
      async run() {
        const blocked =
          'BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true'
        await api('put-public-access-block', {
          bucket,
          'public-access-block-configuration': blocked,
        })
        mustInclude(
          JSON.stringify(await api('get-public-access-block', { bucket })),
          '"BlockPublicAcls":true',
        )
        await api('delete-public-access-block', { bucket })
      },
    },
  ]
}

function partCases(api: Request, bucket: string, files: ClientFiles): Case[] {
  const key = 'of parts'
  return [
    {
      name: 'an upload in parts, one of them a copy, is listed and completed',
      async run() {
        const { UploadId } = await api('create-multipart-upload', { bucket, key })
        const upload = { bucket, key, 'upload-id': String(UploadId) }
        await api('upload-part', { ...upload, 'part-number': '1', body: files.large })
        const source = { 'copy-source': `${bucket}/object` }
        await api('upload-part-copy', { ...upload, 'part-number': '2', ...source })
        const { Parts } = await api('list-parts', upload)
        const parts = (Parts as { PartNumber: number; ETag: string }[]).map(
          ({ PartNumber, ETag }) => ({ PartNumber, ETag }),
        )
        mustEqual(parts.length, 2)
        mustInclude(
          JSON.stringify(await api('list-multipart-uploads', { bucket })),
          String(UploadId),
        )
        const list = JSON.stringify({ Parts: parts })
        const done = await api('complete-multipart-upload', { ...upload, 'multipart-upload': list })
        mustInclude(String(done['ETag']), /^"[0-9a-f]{32}-2"$/i)
      },
    },
    {
      name: 'an upload is aborted',
      async run() {
        const { UploadId } = await api('create-multipart-upload', { bucket, key })
        await api('abort-multipart-upload', { bucket, key, 'upload-id': String(UploadId) })
        mustEqual((await api('list-multipart-uploads', { bucket }))['Uploads'] ?? [], [])
      },
    },
  ]
}

function versionCases(tool: CommandTool, api: Request, bucket: string, files: ClientFiles): Case[] {
  const key = 'kept'
  return [
    {
      name: 'versions are kept, listed, read and deleted',
      async run() {
        await api('put-bucket-versioning', { bucket, 'versioning-configuration': 'Status=Enabled' })
        mustEqual(await api('get-bucket-versioning', { bucket }), { Status: 'Enabled' })
        const { VersionId } = await api('put-object', { bucket, key, body: files.small })
        await api('delete-object', { bucket, key })
        const list = await api('list-object-versions', { bucket, prefix: key })
        mustEqual(
          [list['Versions'], list['DeleteMarkers']].map((each) => (each as []).length),
          [1, 1],
        )
        const version = ['--version-id', String(VersionId)]
        const get = ['s3api', 'get-object', '--bucket', bucket, '--key', key]
        await tool.fails('NoSuchKey', ...get, files.down('version'))
        await tool.run(...get, ...version, files.down('version'))
        mustBeSameBytes(files.small, files.down('version'))
        await api('delete-object', { bucket, key, 'version-id': String(VersionId) })
      },
    },
    {
      name: 'a bucket with versions goes when they are gone',
      async run() {
        await tool.fails('BucketNotEmpty', 's3', 'rb', `s3://${bucket}`)
        const list = await api('list-object-versions', { bucket })
        const all = [list['Versions'] ?? [], list['DeleteMarkers'] ?? []].flat() as Answer[]
        const Objects = all.map(({ Key, VersionId }) => ({ Key, VersionId }))
        const path = join(dirname(files.small), 'gone.json')
        writeFileSync(path, JSON.stringify({ Objects, Quiet: true }))
        await api('delete-objects', { bucket, delete: `file://${path}` })
        await tool.run('s3', 'rb', `s3://${bucket}`)
      },
    },
  ]
}
