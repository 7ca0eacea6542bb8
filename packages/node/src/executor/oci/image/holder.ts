import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { writeTar } from '../tar/write.ts'
import type { ArchivedImage } from './archive.ts'

/**
 * An image with nothing in it, for containers that never run: they keep volumes mounted while files go in and out.
 *
 * @param architecture as the engine calls its own
 */
export async function createHolderImage(architecture: string): Promise<ArchivedImage> {
  const layer = await buffer(Readable.from(writeTar([])))
  const digest = `sha256:${createHash('sha256').update(layer).digest('hex')}`
  const config = Buffer.from(
    JSON.stringify({ architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [digest] } })
  )
  const id = `sha256:${createHash('sha256').update(config).digest('hex')}`
  return { id, os: 'linux', architecture, config, layers: [layer] }
}
