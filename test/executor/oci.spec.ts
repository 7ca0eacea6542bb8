import { createOciExecutor } from 'archipel'
import { afterAll, beforeAll, describe } from 'vitest'
import { BUSYBOX_CONFIG, busyboxLayer, dockerArchive } from '../../packages/node/test/executor/oci/images.ts'
import { requireFacility } from '../../scripts/facilities.ts'
import { type ContainerEngine, startContainerEngine } from '../fixtures/container-engine.ts'
import { MIB } from '../suites/executor/back-end.ts'
import { executorSuite } from '../suites/executor/suite.ts'
import { ociCases } from './oci-cases.ts'
import { createOciPrograms } from './oci-programs.ts'

const hasDocker = requireFacility('docker')
const hasGvisor = requireFacility('gvisor')
const layer = hasDocker ? await busyboxLayer() : Buffer.of()
const programs = createOciPrograms(await dockerArchive({ layers: [layer], config: BUSYBOX_CONFIG }))

describe.skipIf(!hasDocker)('the oci executor', () => {
  let engine: ContainerEngine

  beforeAll(async () => {
    engine = await startContainerEngine()
  })
  afterAll(() => engine?.stop())

  const suiteWith = (runtime: string) =>
    executorSuite(`with ${runtime}`, {
      create: () => createOciExecutor({ socketPath: engine.socketPath, owner: 'suite', runtime }),
      programs,
      memoryBytes: 32 * MIB,
      async crash() {
        await engine.kill()
        await engine.revive()
      },
      leftovers: () => engine.contents()
    })

  describe('alone', () => ociCases(() => engine, layer))
  suiteWith('runc')
  if (hasGvisor) suiteWith('runsc')
})
