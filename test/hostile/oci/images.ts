import { gzipSync } from 'node:zlib'
import {
  BUSYBOX_CONFIG,
  busyboxLayer,
  dockerArchive,
  sha256,
  tarOf
} from '../../../packages/node/test/executor/oci/images.ts'
import { block, END } from '../../../packages/node/test/executor/oci/tar-blocks.ts'
import { requireFacility } from '../../../scripts/facilities.ts'

export const hasDocker = requireFacility('docker')
/** Nothing where there is no busybox: nothing runs there then. */
const busybox = hasDocker ? await busyboxLayer() : Buffer.of()

/** Busybox, and layers and a configuration besides. */
export const imageOf = (config: object = {}, more: Buffer[] = []): Promise<Buffer> =>
  dockerArchive({ layers: [busybox, ...more], config: { ...BUSYBOX_CONFIG, ...config } })

/** A kibibyte or so for each gibibyte of zeros. */
export async function bombOf(gibibytes: number): Promise<Buffer> {
  const head = block('zeros', { sizeBytes: gibibytes * 2 ** 30 })
  const piece = gzipSync(Buffer.alloc(2 ** 26))
  const layer = Buffer.concat([gzipSync(head), ...Array<Buffer>(gibibytes * 16).fill(piece)])
  // What it really is nobody finds out by unpacking it.
  return dockerArchive({ layers: [busybox, layer], diffIds: [`sha256:${sha256(busybox)}`, `sha256:${'0'.repeat(64)}`] })
}

export const manyLayers = async (count: number): Promise<Buffer> => {
  const empty = await tarOf([])
  return imageOf({}, Array<Buffer>(count - 1).fill(empty))
}

/** A layer of symbolic links. */
export const linksLayer = (links: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat([...Object.entries(links).map(([path, target]) => block(path, { letter: '2', target })), END])
