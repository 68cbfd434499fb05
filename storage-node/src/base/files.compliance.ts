/**
 * What every `Files` does, whatever it keeps its bytes on.
 *
 * @module
 */

import { hasErrorCode, readWholeFile, type Files } from './files.ts'

/** Defines the tests; `prepare` returns a file system and an empty directory on it. */
export function describeFiles(name: string, prepare: () => Promise<[Files, string]>): void {
  describe(name, () => {
    let files: Files
    let directory: string
    beforeEach(async () => {
      ;[files, directory] = await prepare()
    })

    async function writeFile(path: string, text: string): Promise<void> {
      const file = await files.open(path, 'create')
      await file.write([Buffer.from(text)], 0)
      await file.sync()
      await file.close()
    }

    async function readText(path: string): Promise<string> {
      return Buffer.from(await readWholeFile(files, path)).toString()
    }

    function expectCode(work: Promise<unknown>, code: string): Promise<void> {
      return expect(work.catch((error: unknown) => hasErrorCode(error, code))).resolves.toBe(true)
    }

    test('pieces are written one behind the other and read back from any position', async () => {
      const file = await files.open(`${directory}/a`, 'create')
      await file.write([Buffer.from('one'), Buffer.from(''), Buffer.from('two')], 2)
      expect(await file.sizeBytes()).toBe(8)
      const target = new Uint8Array(16)
      expect(await file.read(target, 0)).toBe(8)
      expect(Buffer.from(target.subarray(0, 8)).toString()).toBe('\0\0onetwo')
      expect(await file.read(target.subarray(0, 2), 5)).toBe(2)
      expect(Buffer.from(target.subarray(0, 2)).toString()).toBe('tw')
      expect(await file.read(target, 8)).toBe(0)
      expect(await file.read(target, 100)).toBe(0)
      await file.close()
    })

    test('more pieces than one system call takes arrive all and in order', async () => {
      const pieces = Array.from({ length: 3000 }, (_, index) => Buffer.from(`${index};`))
      const file = await files.open(`${directory}/a`, 'create')
      await file.write(pieces, 0)
      await file.close()
      expect(await readText(`${directory}/a`)).toBe(Buffer.concat(pieces).toString())
    })

    test('a file opened for writing keeps what is not overwritten', async () => {
      await writeFile(`${directory}/a`, 'abcdef')
      const file = await files.open(`${directory}/a`, 'write')
      await file.write([Buffer.from('X')], 1)
      await file.close()
      expect(await readText(`${directory}/a`)).toBe('aXcdef')
    })

    test('create refuses a name that exists, the other modes one that does not', async () => {
      await writeFile(`${directory}/a`, '')
      await expectCode(files.open(`${directory}/a`, 'create'), 'EEXIST')
      await expectCode(files.open(`${directory}/b`, 'write'), 'ENOENT')
      await expectCode(files.open(`${directory}/b`, 'read'), 'ENOENT')
      await expectCode(files.open(`${directory}/none/b`, 'create'), 'ENOENT')
    })

    test('a closed file and one opened for reading refuse writes', async () => {
      await writeFile(`${directory}/a`, 'a')
      const file = await files.open(`${directory}/a`, 'read')
      await expectCode(file.write([Buffer.from('b')], 0), 'EBADF')
      await file.close()
      await expectCode(file.read(new Uint8Array(1), 0), 'EBADF')
    })

    test('rename replaces the target and keeps open files', async () => {
      await writeFile(`${directory}/a`, 'new')
      await writeFile(`${directory}/b`, 'old')
      const old = await files.open(`${directory}/b`, 'read')
      await files.rename(`${directory}/a`, `${directory}/b`)
      await files.syncDirectory(directory)
      expect(await files.list(directory)).toEqual(['b'])
      expect(await readText(`${directory}/b`)).toBe('new')
      const target = new Uint8Array(3)
      await old.read(target, 0)
      expect(Buffer.from(target).toString()).toBe('old')
      await old.close()
      await expectCode(files.rename(`${directory}/a`, `${directory}/c`), 'ENOENT')
    })

    test('a removed file is gone by name and readable through its handle', async () => {
      await writeFile(`${directory}/a`, 'a')
      const file = await files.open(`${directory}/a`, 'read')
      await files.remove(`${directory}/a`)
      expect(await files.list(directory)).toEqual([])
      expect(await file.read(new Uint8Array(1), 0)).toBe(1)
      await file.close()
      await expectCode(files.remove(`${directory}/a`), 'ENOENT')
    })

    test('directories are made with their parents, twice without harm', async () => {
      await files.makeDirectory(`${directory}/x/y`)
      await files.makeDirectory(`${directory}/x/y`)
      await writeFile(`${directory}/x/y/a`, 'a')
      expect((await files.list(`${directory}/x`)).sort()).toEqual(['y'])
      expect(await files.list(`${directory}/x/y`)).toEqual(['a'])
      await expectCode(files.list(`${directory}/z`), 'ENOENT')
      await expectCode(files.syncDirectory(`${directory}/z`), 'ENOENT')
    })

    test('space names a total and no more than it as available', async () => {
      const { totalBytes, availableBytes } = await files.space(directory)
      expect(totalBytes).toBeGreaterThan(0)
      expect(availableBytes).toBeGreaterThan(0)
      expect(availableBytes).toBeLessThanOrEqual(totalBytes)
    })
  })
}
