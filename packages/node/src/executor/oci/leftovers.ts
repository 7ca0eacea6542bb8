import type { Engine } from './engine/engine.ts'

/** Whose a container or volume is: only what carries our own name is ever touched. */
export const OWNER_LABEL = 'archipel.node'

/**
 * Removes what jobs left in the engine when this node, or the engine, died in the middle of them.
 *
 * @param isInUse whether a name belongs to a job that runs now
 */
export async function removeLeftovers(
  engine: Engine,
  owner: string,
  isInUse: (name: string) => boolean,
  signal: AbortSignal
): Promise<void> {
  const label = `${OWNER_LABEL}=${owner}`
  const containers = await engine.listContainers(label, signal)
  await Promise.all(containers.filter(name => !isInUse(name)).map(name => engine.removeContainer(name, signal)))
  const volumes = await engine.listVolumes(label, signal)
  await Promise.all(volumes.filter(name => !isInUse(name)).map(name => engine.removeVolume(name, signal)))
}
