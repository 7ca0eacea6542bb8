import { createExecutionError } from '../../errors.ts'
import type { Engine } from '../engine/engine.ts'
import type { ImageDetails } from '../engine/types.ts'
import { type ArchivedImage, writeImageArchive } from './archive.ts'

/** Gives an image to the engine. Throws E_RUNNER_DIED where that then has another one under its name. */
export async function loadInto(
  engine: Engine,
  image: ArchivedImage,
  name: string,
  signal: AbortSignal
): Promise<ImageDetails> {
  await engine.loadImage(writeImageArchive(image, name), signal)
  const details = await engine.inspectImage(name, signal)
  if (details?.Id === image.id) return details
  throw createExecutionError('E_RUNNER_DIED', 'the container engine loaded another image than it was given', {
    facts: { expected: image.id, loaded: details?.Id },
    hint: 'engines that keep images in containerd name them otherwise; switch that off'
  })
}
