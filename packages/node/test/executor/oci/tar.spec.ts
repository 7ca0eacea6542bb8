import { describe, expect, it } from 'vitest'
import { readTar, type TarEntry } from '../../../src/executor/oci/tar/read.ts'
import { block, END, RECORDS, record } from './tar-blocks.ts'

async function entriesOf(parts: Buffer[], chunkBytes = 1 << 20): Promise<(TarEntry & { content: string })[]> {
  const archive = Buffer.concat(parts)
  const chunks = Array.from({ length: Math.ceil(archive.length / chunkBytes) }, (_, i) =>
    archive.subarray(i * chunkBytes, (i + 1) * chunkBytes)
  )
  const entries: (TarEntry & { content: string })[] = []
  await readTar(chunks, {
    entriesMax: 10,
    onEntry(entry) {
      const told = { ...entry, content: '' }
      entries.push(told)
      return piece => {
        told.content += piece.toString()
      }
    }
  })
  return entries
}

const paths = async (parts: Buffer[]) => (await entriesOf(parts)).map(({ path }) => path)
const pax = (...records: string[]) => block('x', { letter: 'x', content: records.join('') })
/** Sixteen mebibytes for those who know of holes, and nothing for those who do not. */
const holes = block('holes', { letter: 'S', sizeBytes: 0 })

describe('an archive', () => {
  it('is read alike whatever the pieces that it comes in', async () => {
    const archive = [
      block('folder/', { letter: '5' }),
      pax(record('path', 'folder/é')),
      block('short', { content: 'x'.repeat(1000) }),
      block('link', { letter: '2' }),
      END
    ]
    const whole = await entriesOf(archive)
    expect(whole.map(({ path, type, sizeBytes }) => [path, type, sizeBytes])).toEqual([
      ['folder/', 'folder', 0],
      ['folder/é', 'file', 1000],
      ['link', 'link', 0]
    ])
    expect(whole[1]?.content).toBe('x'.repeat(1000))
    for (const chunkBytes of [1, 7, 511, 513]) expect(await entriesOf(archive, chunkBytes)).toEqual(whole)
  })

  it('ends where its blocks do, with or without zeros, and whatever comes after those', async () => {
    expect(await paths([])).toEqual([])
    expect(await paths([block('a', {})])).toEqual(['a'])
    expect(await paths([block('a', {}), END, block('b', {})])).toEqual(['a'])
  })

  it('may say names and sizes in any of the ways that there are', async () => {
    expect(await paths([block('L', { letter: 'L', content: `${'n'.repeat(200)}\0` }), block('short', {})])).toEqual([
      'n'.repeat(200)
    ])
    expect(await entriesOf([pax(record('size', '3')), block('a', { content: 'abc', sizeBytes: 0 })])).toMatchObject([
      { sizeBytes: 3, content: 'abc' }
    ])
    expect(await entriesOf([block('a', { content: 'abc', isBinary: true })])).toMatchObject([{ content: 'abc' }])
  })

  it('hides no entry from us that the engine sees', async () => {
    // To who reads by lines, the second line is a size, and the entry with holes is content.
    const hiding = record(RECORDS.attribute, `\n${record('size', '1024')}`)
    await expect(entriesOf([pax(hiding), block('a', {}), holes, END])).rejects.toThrow(/holes/)
    const named = await paths([pax(record('path', `a\n${record('path', '../b')}`)), block('c', {})])
    expect(named).toEqual([`a\n${record('path', '../b')}`])
    expect(await paths([pax(record('path', 'GNU.sparse.')), block('c', {})])).toEqual(['GNU.sparse.'])
  })

  it.each<[string, Buffer[], RegExp]>([
    ['holes, in the new way', [pax(record('GNU.sparse.major', '1')), block('a', {})], /holes/],
    ['two extended headers for one entry', [pax(record('size', '512')), pax(), block('a', {}), holes], /two/],
    ['a size for all that follows', [block('g', { letter: 'g', content: record('size', '512') })], /for all/],
    ['a link with content', [block('a', { letter: '1', content: 'x' })], /content where none/],
    ['a folder with content', [block('a/', { letter: '\0', content: 'x' })], /content where none/],
    ['an entry of no known type', [block('a', { letter: 'V' })], /unknown type/],
    ['a size below zero', [pax(record('size', '-1')), block('a', {})], /broken/],
    ['a size that is no number', [pax(record('size', '0x10')), block('a', {})], /broken/],
    ['a record longer than its header', [pax('99 path=a\n')], /broken/],
    ['a record that does not end', [pax('8 path=a')], /broken/],
    ['one block of zeros', [Buffer.alloc(512), block('a', {})], /broken/],
    ['a wrong sum', [Buffer.alloc(512, 1)], /broken/],
    ['less than it says', [block('a', { sizeBytes: 2000 })], /cut off/],
    ['half a header', [block('a', {}).subarray(0, 100)], /cut off/],
    ['nothing behind a header for more', [pax(record('path', 'a'))], /broken/],
    ['a name without end', [block('L', { letter: 'L', content: 'n'.repeat(65_537) })], /too long/],
    ['too many entries', Array(11).fill(block('a', {})), /too many/]
  ])('with %s is refused', async (_, parts, reason) => {
    await expect(entriesOf(parts)).rejects.toThrow(reason)
  })
})
