import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensurePrivateFolder, readBounded, readPrivateFile, writePrivateFile } from '../../src/config/private-file.ts'
import { temporaryFolder } from './temporary-folder.ts'

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('files and folders are for their owner alone, and no draft stays behind', async () => {
  const file = join(temporaryFolder(), 'a/b/key')
  await writePrivateFile(file, 'one')
  await writePrivateFile(file, 'two')
  expect([modeOf(file), modeOf(join(file, '..')), modeOf(join(file, '../..'))]).toEqual(['600', '700', '700'])
  expect(readFileSync(file, 'utf8')).toBe('two')
  expect(readdirSync(join(file, '..'))).toEqual(['key'])
})

test('an existing file is not replaced when that was asked', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'key')
  const results = await Promise.all(
    ['a', 'b', 'c', 'd'].map(async text => ({ text, wrote: await writePrivateFile(file, text, { exclusive: true }) }))
  )
  const winners = results.filter(({ wrote }) => wrote)
  expect(winners.map(({ text }) => text)).toEqual([readFileSync(file, 'utf8')])
  expect(readdirSync(folder)).toEqual(['key'])
})

test.for([0o640, 0o604, 0o660, 0o601])('a secret of mode %o is refused', async mode => {
  const file = join(temporaryFolder(), 'key')
  writeFileSync(file, 'secret')
  chmodSync(file, mode)
  await expect(readPrivateFile(file, 100)).rejects.toMatchObject({
    code: 'E_KEY_PERMISSIONS',
    facts: { mode: mode.toString(8) }
  })
  chmodSync(file, 0o400)
  await expect(readPrivateFile(file, 100)).resolves.toEqual(new TextEncoder().encode('secret'))
})

test('a secret may come through a pipe, whose mode says nothing', async () => {
  const pipe = join(temporaryFolder(), 'pipe')
  execFileSync('mkfifo', ['-m', '644', pipe])
  const [secret] = await Promise.all([readPrivateFile(pipe, 100), writeFile(pipe, 'secret')])
  expect(new TextDecoder().decode(secret)).toBe('secret')
})

test('no more is read than the bound, also from what never ends', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, 'x'.repeat(10))
  await expect(readBounded(file, 10)).resolves.toHaveLength(10)
  await expect(readBounded(file, 9)).rejects.toMatchObject({ code: 'E_FILE_TOO_LARGE' })
  await expect(readBounded('/dev/zero', 4096)).rejects.toMatchObject({ code: 'E_FILE_TOO_LARGE' })
})

test('an existing folder keeps its mode', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  await ensurePrivateFolder(folder)
  expect(modeOf(folder)).toBe('755')
})
