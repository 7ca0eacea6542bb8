import { createOciExecutor } from 'archipel'
import { BUSYBOX_CONFIG, busyboxLayer, dockerArchive } from '../../packages/node/test/executor/oci/images.ts'
import type { ContainerEngine } from '../fixtures/container-engine.ts'
import { MIB } from '../suites/executor/back-end.ts'
import { executorSuite } from '../suites/executor/suite.ts'
import { createOciPrograms } from './oci-programs.ts'

/** What every executor promises, held by containers of one runtime. */
export async function ociSuite(runtime: string, engineOf: () => ContainerEngine): Promise<void> {
  const layers = [await busyboxLayer()]
  executorSuite(`with ${runtime}`, {
    create: () => createOciExecutor({ socketPath: engineOf().socketPath, owner: 'suite', runtime }),
    programs: createOciPrograms(await dockerArchive({ layers, config: BUSYBOX_CONFIG })),
    memoryBytes: 32 * MIB,
    async crash() {
      await engineOf().kill()
      await engineOf().revive()
    },
    leftovers: () => engineOf().contents()
  })
}
