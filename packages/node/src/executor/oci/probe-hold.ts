import { Readable } from 'node:stream'
import { createExecutionError } from '../errors.ts'
import type { Engine } from './engine/engine.ts'
import type { Labels } from './engine/types.ts'
import { createOutputMeter } from './run/output.ts'
import { removeRun } from './run/run-container.ts'
import { holderSpec, type JobNames, OUTPUT_FOLDER, outputVolume } from './run/specs.ts'
import { writeTar } from './tar/write.ts'

const CONTENT = Buffer.from('kept')
const DISK_BYTES = 65_536

/**
 * Sees whether output in memory outlives the container that wrote it as long as we hold it, without running anything:
 * on an engine that let go of it, every job would seem to put out nothing.
 */
export async function requireHold(
  engine: Engine,
  names: JobNames,
  holderImage: string,
  labels: Labels,
  signal: AbortSignal
): Promise<void> {
  try {
    await engine.createVolume(outputVolume(names.output, labels, DISK_BYTES))
    const spec = holderSpec(holderImage, labels, names.output, OUTPUT_FOLDER)
    for (const name of [names.holder, names.container]) await engine.createContainer(name, spec)
    const release = await engine.holdVolumes(names.holder, OUTPUT_FOLDER, signal)
    try {
      const file = { path: 'probe', sizeBytes: CONTENT.length, content: [CONTENT] }
      await engine.putArchive(names.container, OUTPUT_FOLDER, Readable.from(writeTar([file])), signal)
      const output = createOutputMeter(DISK_BYTES, undefined)
      await output.takeFolder(await engine.getArchive(names.container, OUTPUT_FOLDER, signal), signal)
      if (output.take().files.length === 1) return
    } finally {
      await release()
    }
  } finally {
    await removeRun(engine, names)
  }
  throw createExecutionError('E_RUNNER_DIED', 'the container engine does not keep what programs put out')
}
