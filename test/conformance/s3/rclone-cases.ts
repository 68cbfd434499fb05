/**
 * What a user does with rclone, from making a bucket to removing it. The cases build on each other.
 *
 * @module
 */

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Case } from '../cases.ts'
import { mustBeSameBytes, mustEqual, mustInclude } from '../cases.ts'
import type { CommandTool } from '../command-tool.ts'
import type { ClientFiles } from './client-files.ts'
import { SMALL_TEXT } from './client-files.ts'

/** Returns the cases in the order in which they must run; `bucket` is not there yet. */
export function rcloneCases(tool: CommandTool, bucket: string, files: ClientFiles): Case[] {
  const url = `grain:${bucket}`
  return [
    {
      name: 'mkdir makes a bucket that lsd shows',
      async run() {
        await tool.run('mkdir', url)
        mustInclude(await tool.run('lsd', 'grain:'), bucket)
      },
    },
    {
      name: 'copyto and cat of a small file',
      async run() {
        await tool.run('copyto', files.small, `${url}/small.txt`)
        mustEqual(await tool.run('cat', `${url}/small.txt`), SMALL_TEXT)
      },
    },
    {
      name: 'copyto of a large file goes up in parts and comes down whole',
      async run() {
        await tool.run('copyto', files.large, `${url}/large.bin`)
        await tool.run('copyto', `${url}/large.bin`, files.down('large'))
        mustBeSameBytes(files.large, files.down('large'))
      },
    },
    ...treeCases(tool, url, files),
    {
      name: 'moveto on the server, of a large object by its parts',
      async run() {
        await tool.run('moveto', `${url}/large.bin`, `${url}/moved/large.bin`)
        await tool.run('copyto', `${url}/moved/large.bin`, files.down('moved'))
        mustBeSameBytes(files.large, files.down('moved'))
        mustEqual((await tool.run('lsf', url)).includes('large.bin'), false)
      },
    },
    {
      name: 'link makes a URL that works unsigned',
      async run() {
        const output = await tool.run('link', '--expire', '10m', `${url}/small.txt`)
        const answer = await fetch(/http:\/\/\S+/.exec(output)?.[0] ?? '')
        mustEqual([answer.status, await answer.text()], [200, SMALL_TEXT])
      },
    },
    {
      name: 'cleanup and purge leave nothing',
      async run() {
        await tool.run('cleanup', url)
        await tool.run('purge', url)
        mustEqual((await tool.run('lsd', 'grain:')).includes(bucket), false)
      },
    },
  ]
}

function treeCases(tool: CommandTool, url: string, files: ClientFiles): Case[] {
  return [
    {
      name: 'copy carries a tree up, check finds it the same',
      async run() {
        await tool.run('copy', files.tree, `${url}/tree`)
        mustInclude(await tool.run('check', files.tree, `${url}/tree`), '0 differences found')
        await tool.run('check', '--download', join(files.tree, 'odd'), `${url}/tree/odd`)
      },
    },
    {
      name: 'copy carries it down again',
      async run() {
        await tool.run('copy', `${url}/tree`, files.down('tree'))
        return files.mustBeTree(files.down('tree'))
      },
    },
    {
      name: 'sync carries what has changed, and removes what is gone',
      async run() {
        const added = join(files.tree, 'added')
        writeFileSync(added, 'new')
        await tool.run('sync', files.tree, `${url}/tree`)
        mustEqual(await tool.run('cat', `${url}/tree/added`), 'new')
        rmSync(added)
        await tool.run('sync', files.tree, `${url}/tree`)
        mustEqual((await tool.run('lsf', `${url}/tree`)).split('\n').includes('added'), false)
      },
    },
    {
      name: 'a tree is moved on the server',
      async run() {
        await tool.run('move', `${url}/tree`, `${url}/other`)
        await tool.run('check', files.tree, `${url}/other`)
        mustEqual((await tool.run('lsf', `${url}/tree`)).trim(), '')
      },
    },
  ]
}
