/**
 * C2: what a user does with ossutil, from making a bucket to removing it, with one signature version.
 *
 * The cases build on each other: each leaves what the next one needs.
 *
 * @module
 */

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sendOssRequest } from '../support/oss-request.ts'
import type { Access } from '../support/oss-request.ts'
import { mustBeSameBytes, mustInclude } from './cases.ts'
import type { Case } from './cases.ts'
import { compareTrees, hashTree, writeNoise } from './file-trees.ts'
import type { Ossutil } from './ossutil.ts'

/** What the cases work with. */
export interface OssutilCasesOptions {
  readonly tool: Ossutil
  /** The same tool with a secret that is wrong. */
  readonly stranger: Ossutil
  readonly access: Access
  readonly bucket: string
  readonly folder: string
  /** A folder of real files to copy. */
  readonly sources: string
}

const ODD_NAMES = [
  'with space',
  'plus+and%25',
  'ünï/cödé',
  'a//b',
  'q?x=1&y',
  "quote'",
  'hash#tag',
  '~tilde',
]
const MIB = 1024 ** 2
const IN_PARTS = [
  '--bigfile-threshold',
  String(MIB),
  '--part-size',
  String(MIB),
  '-j',
  '3',
  '--parallel',
  '4',
]

/** Returns the cases in the order in which they must run. */
export function ossutilCases(options: OssutilCasesOptions): Case[] {
  mkdirSync(options.folder, { recursive: true })
  const groups = [
    bucketCases,
    smallObjectCases,
    changedObjectCases,
    largeObjectCases,
    uploadCases,
    appendCases,
    signCases,
    treeCases,
    newerCases,
    endCases,
  ]
  return groups.flatMap((cases) => cases(options))
}

function mustEqual(found: unknown, wanted: unknown, what: string): void {
  if (found !== wanted) throw new Error(`${what} is ${String(found)}, must be ${String(wanted)}`)
}

function bucketCases({ tool, stranger, bucket }: OssutilCasesOptions): Case[] {
  const url = `oss://${bucket}`
  return [
    {
      name: 'mb makes a bucket that ls and stat show',
      async run() {
        await tool.run('mb', url)
        mustInclude(await tool.run('ls'), url)
        mustInclude(
          await tool.run('stat', url),
          /Location\s*: oss-cn-hangzhou/,
          /ACL\s*: private/,
          bucket,
        )
      },
    },
    {
      name: 'set-acl changes the bucket ACL',
      async run() {
        await tool.run('set-acl', url, 'public-read', '-b')
        mustInclude(await tool.run('stat', url), /ACL\s*: public-read\b/)
        await tool.run('set-acl', url, 'private', '-b')
        mustInclude(await tool.run('stat', url), /ACL\s*: private/)
      },
    },
    {
      name: 'what is not there and who is not known is refused by name',
      async run() {
        await tool.fails('NoSuchBucket', 'ls', `oss://${bucket}-missing`)
        await tool.fails('NoSuchKey', 'cat', `${url}/missing`)
        await stranger.fails('SignatureDoesNotMatch', 'ls', url)
      },
    },
  ]
}

function smallObjectCases({ tool, bucket, folder }: OssutilCasesOptions): Case[] {
  const url = `oss://${bucket}`
  const small = join(folder, 'small.txt')
  return [
    {
      name: 'cp, stat and cat of a small file',
      async run() {
        writeFileSync(small, 'Granary keeps grain\n')
        await tool.run(
          'cp',
          small,
          `${url}/small.txt`,
          '--meta',
          'x-oss-meta-colour:blue#Content-Type:text/x-grain',
        )
        const stat = await tool.run('stat', `${url}/small.txt`)
        mustInclude(
          stat,
          /Content-Length\s*: 20\b/,
          /X-Oss-Meta-Colour\s*: blue/,
          /Content-Type\s*: text\/x-grain/,
        )
        mustInclude(stat, /Etag\s*: [0-9A-F]{32}/, /X-Oss-Hash-Crc64ecma\s*: \d+/)
        mustInclude(await tool.run('cat', `${url}/small.txt`), 'Granary keeps grain\n')
        await tool.run('cp', `${url}/small.txt`, join(folder, 'small.down'), '-f')
        mustBeSameBytes(small, join(folder, 'small.down'))
      },
    },
    {
      name: 'keys of every odd kind go in and come out',
      async run() {
        for (const [index, name] of ODD_NAMES.entries()) {
          await tool.run('cp', small, `${url}/odd/${name}`, '-f')
          await tool.run('cp', `${url}/odd/${name}`, join(folder, `odd.${index}`), '-f')
          mustBeSameBytes(small, join(folder, `odd.${index}`))
        }
        mustInclude(
          await tool.run('ls', `${url}/odd/`),
          ...ODD_NAMES.map((name) => `${url}/odd/${name}`),
        )
      },
    },
  ]
}

function changedObjectCases({ tool, bucket }: OssutilCasesOptions): Case[] {
  const url = `oss://${bucket}`
  return [
    {
      name: 'cp from object to object and set-meta keep the bytes',
      async run() {
        await tool.run('cp', `${url}/small.txt`, `${url}/copy.txt`)
        await tool.run(
          'set-meta',
          `${url}/copy.txt`,
          'X-Oss-Meta-Age:7#Cache-Control:no-cache',
          '-f',
        )
        const stat = await tool.run('stat', `${url}/copy.txt`)
        mustInclude(stat, /X-Oss-Meta-Age\s*: 7/, /Cache-Control\s*: no-cache/, /ACL\s*: default/)
        mustInclude(await tool.run('cat', `${url}/copy.txt`), 'Granary keeps grain\n')
      },
    },
    {
      name: 'rm removes one object',
      async run() {
        await tool.run('rm', `${url}/copy.txt`)
        await tool.fails('NoSuchKey', 'cat', `${url}/copy.txt`)
      },
    },
  ]
}

function largeObjectCases({ tool, bucket, folder }: OssutilCasesOptions): Case[] {
  const url = `oss://${bucket}`
  const large = join(folder, 'large.bin')
  const sizeBytes = 20 * MIB + 12_345
  return [
    {
      name: 'cp of a large file goes up and down in parts',
      async run() {
        await writeNoise(large, sizeBytes, bucket)
        await tool.run('cp', large, `${url}/large.bin`, '-f', ...IN_PARTS)
        mustInclude(
          await tool.run('stat', `${url}/large.bin`),
          /Etag\s*: [0-9A-F]{32}-21/,
          `: ${sizeBytes}`,
        )
        await tool.run('cp', `${url}/large.bin`, join(folder, 'large.down'), '-f', ...IN_PARTS)
        mustBeSameBytes(large, join(folder, 'large.down'))
      },
    },
    {
      name: 'cp of a large object to another copies its parts',
      async run() {
        await tool.run('cp', `${url}/large.bin`, `${url}/large.copy`, '-f', ...IN_PARTS)
        await tool.run('cp', `${url}/large.copy`, join(folder, 'large.copy'), '-f')
        mustBeSameBytes(large, join(folder, 'large.copy'))
      },
    },
    {
      name: 'cp --range takes the bytes asked for',
      async run() {
        await tool.run(
          'cp',
          `${url}/large.bin`,
          join(folder, 'range'),
          '-f',
          '--range',
          '1048570-2097160',
        )
        const wanted = readFileSync(large).subarray(1_048_570, 2_097_161)
        mustEqual(readFileSync(join(folder, 'range')).equals(wanted), true, 'The range')
      },
    },
  ]
}

function uploadCases({ tool, access, bucket }: OssutilCasesOptions): Case[] {
  const url = `oss://${bucket}`
  return [
    {
      name: 'unfinished uploads are listed with their parts, and removed',
      async run() {
        const upload = { bucket, key: 'unfinished', query: { uploads: '' } }
        const started = await sendOssRequest(access, { method: 'POST', ...upload })
        const uploadId = /<UploadId>(.+?)<\/UploadId>/.exec(started.body.toString())?.[1] ?? ''
        const part = { uploadId, partNumber: '3' }
        await sendOssRequest(access, {
          method: 'PUT',
          bucket,
          key: 'unfinished',
          query: part,
          body: 'part',
        })
        mustInclude(await tool.run('ls', url, '-m'), uploadId)
        mustInclude(await tool.run('listpart', `${url}/unfinished`, uploadId), /\b3\b.*\b4\b/)
        await tool.run('rm', `${url}/unfinished`, '-m', '-f')
        mustEqual(
          (await tool.run('ls', url, '-m')).includes(uploadId),
          false,
          'The upload still listed',
        )
      },
    },
  ]
}

function appendCases({ tool, bucket, folder }: OssutilCasesOptions): Case[] {
  const url = `oss://${bucket}/appended.log`
  return [
    {
      name: 'appendfromfile appends, and only to what can be appended to',
      async run() {
        for (const text of ['first\n', 'second\n']) {
          writeFileSync(join(folder, 'piece'), text)
          await tool.run('appendfromfile', join(folder, 'piece'), url)
        }
        mustInclude(await tool.run('cat', url), 'first\nsecond\n')
        mustInclude(
          await tool.run('stat', url),
          /X-Oss-Object-Type\s*: Appendable/,
          /Next-Append-Position\s*: 13\b/,
        )
        const plain = `oss://${bucket}/small.txt`
        const refused = await tool.start('appendfromfile', join(folder, 'piece'), plain).outcome
        mustEqual(refused.code === 0, false, 'Success of appending to a normal object')
      },
    },
  ]
}

function signCases({ tool, bucket }: OssutilCasesOptions): Case[] {
  return [
    {
      name: 'sign makes a URL that works unsigned, for its object only',
      async run() {
        const output = await tool.run('sign', `oss://${bucket}/small.txt`, '--timeout', '600')
        const signed = /http:\/\/\S+/.exec(output)?.[0] ?? ''
        const answer = await fetch(signed)
        mustEqual(answer.status, 200, 'The status of a signed URL')
        mustEqual(await answer.text(), 'Granary keeps grain\n', 'The object of a signed URL')
        mustEqual(
          (await fetch(signed.replace('small.txt', 'large.bin'))).status,
          403,
          'The status of another object',
        )
        mustEqual(
          (await fetch(signed.replace(/\?.*/, ''))).status,
          403,
          'The status without a signature',
        )
      },
    },
  ]
}

function treeCases({ tool, bucket, folder, sources }: OssutilCasesOptions): Case[] {
  const url = `oss://${bucket}`
  const up = join(folder, 'up')
  const down = join(folder, 'down')
  const compare = async () => compareTrees(await hashTree(up), await hashTree(down))
  return [
    {
      name: 'cp -r of a tree goes up and comes down',
      async run() {
        cpSync(sources, up, { recursive: true })
        await tool.run('cp', '-r', up, `${url}/tree/`, '-f', '-j', '8')
        await tool.run('cp', '-r', `${url}/tree/`, down, '-f', '-j', '8')
        await compare()
        return `${(await hashTree(up)).size} files`
      },
    },
    {
      name: 'ls lists in pages, and folders with -d',
      async run() {
        const count = async (...args: string[]) => {
          return /Object(?: and Directory)? Number is: (\d+)/i.exec(
            await tool.run('ls', ...args),
          )?.[1]
        }
        mustEqual(
          await count(`${url}/tree/`, '--limited-num', '7'),
          '7',
          'The number of listed objects',
        )
        const page = await tool.run('ls', url, '-d')
        mustInclude(page, `${url}/tree/`, `${url}/odd/`, `${url}/small.txt`)
        const after = await tool.run('ls', url, '-s', '--marker', 'small.txt')
        mustEqual(
          after.includes(`${url}/odd/`) || after.includes(`${url}/small.txt`),
          false,
          'A key before the marker',
        )
      },
    },
    {
      name: 'sync makes the other side equal, up and down',
      async run() {
        writeFileSync(join(up, 'new file'), 'new')
        rmSync(join(up, 'base'), { recursive: true })
        await tool.run('sync', up, `${url}/tree/`, '--delete', '-f')
        const stale = join(down, 'only here')
        writeFileSync(stale, 'stale')
        const backup = join(folder, 'backup')
        await tool.run('sync', `${url}/tree/`, `${down}/`, '--delete', '--backup-dir', backup, '-f')
        await compare()
      },
    },
  ]
}

function newerCases({ tool, bucket, folder }: OssutilCasesOptions): Case[] {
  const url = `oss://${bucket}`
  const up = join(folder, 'up')
  return [
    {
      name: 'cp -r --update copies only what is newer',
      async run() {
        const output = await tool.run('cp', '-r', up, `${url}/tree/`, '--update')
        mustInclude(output, /skip/i)
      },
    },
    {
      name: 'du adds up what is there',
      async run() {
        const files = [...(await hashTree(up)).values()]
        const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
        mustInclude(
          await tool.run('du', `${url}/tree/`),
          new RegExp(`total du size.*: ?${bytes}\\b`),
        )
      },
    },
  ]
}

function endCases({ tool, bucket }: OssutilCasesOptions): Case[] {
  const url = `oss://${bucket}`
  return [
    {
      name: 'a bucket that holds something is not removed',
      run: () => tool.fails('BucketNotEmpty', 'rm', url, '-b', '-f'),
    },
    {
      name: 'rm -r empties a folder and a bucket, rm -b removes it',
      async run() {
        await tool.run('rm', `${url}/tree/`, '-r', '-f')
        mustInclude(await tool.run('ls', `${url}/tree/`), /Object Number is: 0/)
        await tool.run('rm', url, '-r', '-f')
        mustInclude(await tool.run('ls', url), /Object Number is: 0/)
        await tool.run('rm', url, '-b', '-f')
        await tool.fails('NoSuchBucket', 'ls', url)
      },
    },
  ]
}
