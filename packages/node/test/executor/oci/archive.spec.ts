import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { Header } from 'tar'
import { describe, expect, it } from 'vitest'
import { type ArchivedImage, readImageArchive, writeImageArchive } from '../../../src/executor/oci/image/archive.ts'
import { createHolderImage } from '../../../src/executor/oci/image/holder.ts'
import { ARCHIVE_BYTES_MAX, ARCHIVE_ENTRIES_MAX } from '../../../src/executor/oci/limits.ts'
import { configOf, dockerArchive, file, sha256, tarOf } from './images.ts'

const refusal = (reason: RegExp) =>
  expect.objectContaining({
    code: 'E_BAD_PROGRAM',
    facts: expect.objectContaining({ fault: 'program', reason: expect.stringMatching(reason) })
  })

const layer = await tarOf([file('bin/program', 'first', true)])
const other = await tarOf([file('etc/name', 'second')])

/** The archive with one entry more, made by hand. */
function withEntry(archive: Buffer, fields: object, content = Buffer.alloc(0)): Buffer {
  const header = new Header({ path: 'x', size: content.length, mode: 0o644, mtime: new Date(0), ...fields })
  header.encode()
  const padded = Buffer.concat([content, Buffer.alloc(-content.length & 511)])
  return Buffer.concat([header.block!, padded, archive])
}

async function layoutOf(layers: Buffer[], change: (files: Map<string, string | Buffer>) => void = () => {}) {
  const config = configOf({ layers })
  const descriptor = (bytes: Buffer) => ({ digest: `sha256:${sha256(bytes)}`, size: bytes.length })
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, config: descriptor(config), layers: layers.map(descriptor) })
  )
  const blobs = [config, manifest, ...layers].map(bytes => [`blobs/sha256/${sha256(bytes)}`, bytes] as const)
  const files = new Map<string, string | Buffer>([
    ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
    ['index.json', JSON.stringify({ schemaVersion: 2, manifests: [descriptor(manifest)] })],
    ...blobs
  ])
  change(files)
  return tarOf([...files].map(([path, content]) => file(path, content)))
}

/** Zeros, compressed piece by piece: a reader takes the pieces for one. */
function bomb(bytes: number): Buffer {
  const piece = gzipSync(Buffer.alloc(16 * 2 ** 20), { level: 1 })
  return Buffer.concat(Array(Math.ceil(bytes / (16 * 2 ** 20))).fill(piece))
}

describe('an archive', () => {
  it('gives its image by the digest of its configuration', async () => {
    const layers = [layer, other]
    const image = await readImageArchive(await dockerArchive({ layers, config: { User: 'root' } }))
    expect(image.id).toBe(`sha256:${sha256(configOf({ layers, config: { User: 'root' } }))}`)
    expect(image.layers.map(bytes => Buffer.compare(bytes, layers[image.layers.indexOf(bytes)]!))).toEqual([0, 0])
  })

  it('may be an OCI layout, and compressed as a whole or by layer', async () => {
    const layers = [layer, other]
    const id = `sha256:${sha256(configOf({ layers }))}`
    expect(await readImageArchive(await layoutOf(layers))).toMatchObject({ id })
    expect(await readImageArchive(gzipSync(await dockerArchive({ layers })))).toMatchObject({ id })
    const diffIds = layers.map(bytes => `sha256:${sha256(bytes)}`)
    const packed = await dockerArchive({ layers: layers.map(bytes => gzipSync(bytes)), diffIds })
    expect(await readImageArchive(packed)).toMatchObject({ id })
  })

  it('is given to the engine under our name and under none of its own', async () => {
    const image = await readImageArchive(await dockerArchive({ layers: [layer], tags: ['nginx:latest', 'busybox:1'] }))
    const given = (await buffer(writeImageArchive(image, 'ours:1'))).toString('latin1')
    expect(given).toContain('"RepoTags":["ours:1"]')
    expect(given).not.toContain('nginx')
  })

  it('of nothing is one, too', async () => {
    const image: ArchivedImage = await createHolderImage('amd64')
    const again = await readImageArchive(await buffer(writeImageArchive(image, 'holder:1')))
    expect(again.id).toBe(image.id)
  })
})

describe('an archive is refused', () => {
  it.each([
    ['that is none', () => Buffer.from('#!/bin/sh\n'.repeat(100)), /broken/],
    [
      'that is cut off',
      async () => (await dockerArchive({ layers: [layer] })).subarray(0, 2500),
      /broken|cut off|no file|JSON/
    ],
    ['with two images', () => tarOf([file('manifest.json', '[{},{}]')]), /exactly one/],
    ['with a layer that it lacks', () => tarOf([file('manifest.json', '[{"Config":"c","Layers":["l"]}]')]), /no file/],
    ['with nothing but names', () => tarOf([file('manifest.json', '[{"Config":"c"}]')]), /no layers/],
    ['without a manifest', () => tarOf([file('x', 'y')]), /no file index.json/],
    [
      'whose layer is another than its configuration names',
      () => dockerArchive({ layers: [layer], diffIds: [`sha256:${sha256(other)}`] }),
      /digest/
    ],
    [
      'that has more layers than its configuration names',
      () => dockerArchive({ layers: [layer, other], diffIds: [`sha256:${sha256(layer)}`] }),
      /layers/
    ],
    [
      'whose blob is not what its digest says',
      () =>
        layoutOf([layer], files => {
          files.set(`blobs/sha256/${sha256(layer)}`, other)
        }),
      /digest/
    ],
    [
      'whose digest is a path',
      () =>
        layoutOf([layer], files => {
          files.set('index.json', '{"manifests":[{"digest":"sha256:../../etc/passwd"}]}')
        }),
      /no digest/
    ],
    [
      'with links',
      async () =>
        withEntry(await dockerArchive({ layers: [layer] }), { type: 'SymbolicLink', linkpath: '/etc/passwd' }),
      /links/
    ],
    [
      'with devices',
      async () => withEntry(await dockerArchive({ layers: [layer] }), { type: 'BlockDevice', devmaj: 8, devmin: 0 }),
      /links/
    ],
    [
      'with a file twice',
      async () => withEntry(await dockerArchive({ layers: [layer] }), { path: 'config.json' }),
      /twice/
    ],
    [
      'with a file larger than itself',
      async () => withEntry(await dockerArchive({ layers: [layer] }), { size: 2 ** 40 }),
      /cut off/
    ],
    [
      'with too many entries',
      () => tarOf(Array.from({ length: ARCHIVE_ENTRIES_MAX + 1 }, (_, i) => file(`f${i}`, ''))),
      /too many/
    ],
    [
      'whose layer has a file of holes, in the old way',
      () => dockerArchive({ layers: [withEntry(layer, { type: 'SparseFile' }, Buffer.alloc(512))] }),
      /holes/
    ],
    [
      'whose layer has a file of holes, in the new way',
      () => {
        const text = '22 GNU.sparse.major=1\n'
        return dockerArchive({ layers: [withEntry(layer, { type: 'ExtendedHeader' }, Buffer.from(text))] })
      },
      /holes/
    ],
    [
      'whose layer is one thing to us and another to the engine',
      async () => {
        // What zstd passes over, as far as the archive goes; the engine would unpack what follows.
        const skipped = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 2]), Buffer.from('/x')])
        return dockerArchive({ layers: [await tarOf([file(skipped.toString('latin1'), 'x')])] })
      },
      /compressed otherwise/
    ],
    [
      'whose layer says that it is too large',
      () => dockerArchive({ layers: [withEntry(layer, { size: 2 ** 32 })] }),
      /too large/
    ],
    ['that is too large', () => Buffer.alloc(ARCHIVE_BYTES_MAX + 1), /too large/],
    ['that is too large once unpacked', () => bomb(ARCHIVE_BYTES_MAX + 1), /larger than/i]
  ])('%s', async (_, make, reason) => {
    await expect(readImageArchive(await make())).rejects.toEqual(refusal(reason))
  })
})

it('knows long names, which need a header of their own', async () => {
  const path = `${'folder/'.repeat(30)}file`
  const layers = [await tarOf([file(path, 'x')])]
  expect(await readImageArchive(await dockerArchive({ layers }))).toMatchObject({ os: 'linux' })
})
