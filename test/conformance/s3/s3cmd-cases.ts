/**
 * What a user does with s3cmd, from making a bucket to removing it. The cases build on each other.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Case } from '../cases.ts'
import { mustBeSameBytes, mustEqual, mustInclude } from '../cases.ts'
import type { CommandTool } from '../command-tool.ts'
import type { ClientFiles } from './client-files.ts'
import { SMALL_TEXT } from './client-files.ts'

/** Returns the cases in the order in which they must run; `bucket` is not there yet. */
export function s3cmdCases(tool: CommandTool, bucket: string, files: ClientFiles): Case[] {
  return [
    ...bucketCases(tool, bucket),
    ...objectCases(tool, bucket, files),
    ...treeCases(tool, bucket, files),
    ...endCases(tool, bucket),
  ]
}

function bucketCases(tool: CommandTool, bucket: string): Case[] {
  const url = `s3://${bucket}`
  return [
    {
      name: 'mb makes a bucket that ls and info show',
      async run() {
        await tool.run('mb', url)
        mustInclude(await tool.run('ls'), url)
        mustInclude(await tool.run('info', url), /Location:/)
      },
    },
    {
      name: 'what is not there is refused by name',
      async run() {
        await tool.fails('NoSuchBucket', 'ls', `${url}-missing`)
        await tool.fails('404', 'info', `${url}/missing`)
      },
    },
    {
      name: 'setacl makes it public and private again',
      async run() {
        await tool.run('setacl', '--acl-public', url)
        await tool.run('setacl', '--acl-private', url)
      },
    },
  ]
}

function objectCases(tool: CommandTool, bucket: string, files: ClientFiles): Case[] {
  const url = `s3://${bucket}`
  return [
    {
      name: 'put, info and get of a small file',
      async run() {
        await tool.run(
          'put',
          files.small,
          `${url}/small.txt`,
          '--add-header=x-amz-meta-colour:blue',
        )
        const info = await tool.run('info', `${url}/small.txt`)
        mustInclude(info, /File size:\s+20\b/, 'x-amz-meta-colour', /MD5 sum:\s+[0-9a-f]{32}/)
        await tool.run('get', '--force', `${url}/small.txt`, files.down('small'))
        mustBeSameBytes(files.small, files.down('small'))
      },
    },
    {
      name: 'put of a large file goes up in parts and comes down whole',
      async run() {
        await tool.run('put', files.large, `${url}/large.bin`)
        await tool.run('get', '--force', `${url}/large.bin`, files.down('large'))
        mustBeSameBytes(files.large, files.down('large'))
      },
    },
    {
      name: 'cp and mv of objects',
      async run() {
        await tool.run('cp', `${url}/small.txt`, `${url}/copy.txt`)
        await tool.run('mv', `${url}/copy.txt`, `${url}/moved.txt`)
        await tool.run('get', '--force', `${url}/moved.txt`, files.down('moved'))
        mustBeSameBytes(files.small, files.down('moved'))
        await tool.fails('404', 'info', `${url}/copy.txt`)
      },
    },
    {
      name: 'modify changes metadata and keeps the bytes',
      async run() {
        await tool.run('modify', '--add-header=x-amz-meta-age:7', `${url}/moved.txt`)
        mustInclude(await tool.run('info', `${url}/moved.txt`), /x-amz-meta-age:\s+7/)
        await tool.run('get', '--force', `${url}/moved.txt`, files.down('moved'))
        mustBeSameBytes(files.small, files.down('moved'))
      },
    },
    {
      name: 'signurl makes a URL that works unsigned',
      async run() {
        const output = await tool.run('signurl', `${url}/small.txt`, '+600')
        const answer = await fetch(/http:\/\/\S+/.exec(output)?.[0] ?? '')
        mustEqual([answer.status, await answer.text()], [200, SMALL_TEXT])
      },
    },
    {
      name: 'no upload is left over',
      async run() {
        mustEqual((await tool.run('multipart', url)).includes('large.bin'), false)
      },
    },
  ]
}

function treeCases(tool: CommandTool, bucket: string, files: ClientFiles): Case[] {
  const url = `s3://${bucket}`
  return [
    {
      name: 'sync carries a tree up and down',
      async run() {
        await tool.run('sync', `${files.tree}/`, `${url}/tree/`)
        mkdirSync(files.down('tree'))
        await tool.run('sync', `${url}/tree/`, `${files.down('tree')}/`)
        return files.mustBeTree(files.down('tree'))
      },
    },
    {
      name: 'sync again carries only what has changed, and removes what is gone',
      async run() {
        mustEqual(
          (await tool.run('sync', `${files.tree}/`, `${url}/tree/`)).includes('upload:'),
          false,
        )
        const added = join(files.tree, 'added')
        writeFileSync(added, 'new')
        mustInclude(await tool.run('sync', `${files.tree}/`, `${url}/tree/`), 'upload:')
        rmSync(added)
        await tool.run('sync', '--delete-removed', `${files.tree}/`, `${url}/tree/`)
        mustEqual((await tool.run('ls', `${url}/tree/added`)).trim(), '')
      },
    },
    {
      name: 'ls shows folders, and everything with -r',
      async run() {
        mustInclude(await tool.run('ls', `${url}/`), /DIR\s+s3:\S+\/tree\//, 'large.bin')
        mustInclude(await tool.run('ls', '-r', `${url}/tree/odd/`), 'with space', '~tilde')
      },
    },
    {
      name: 'du adds up',
      async run() {
        mustInclude(await tool.run('du', url), /\d+ objects/)
      },
    },
  ]
}

function endCases(tool: CommandTool, bucket: string): Case[] {
  return [
    {
      name: 'rb is refused while there are objects; rm -r and rb remove all',
      async run() {
        await tool.fails('BucketNotEmpty', 'rb', `s3://${bucket}`)
        await tool.run('rm', '-r', '--force', `s3://${bucket}/`)
        await tool.run('rb', `s3://${bucket}`)
        await tool.fails('NoSuchBucket', 'ls', `s3://${bucket}`)
      },
    },
  ]
}
