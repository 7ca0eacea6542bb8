import { createOciExecutor } from 'archipel'
import { afterAll, beforeAll, describe } from 'vitest'
import { requireFacility } from '../../scripts/facilities.ts'
import { type ContainerEngine, startContainerEngine } from '../fixtures/container-engine.ts'
import { BUSYBOX_CONFIG, busyboxLayer, dockerArchive } from '../fixtures/image-archive.ts'
import { MIB } from '../suites/executor/back-end.ts'
import { executorSuite } from '../suites/executor/suite.ts'
import { createOciPrograms } from './oci-programs.ts'

const hasDocker = requireFacility('docker')
const hasGvisor = requireFacility('gvisor')
const archive = hasDocker
  ? await dockerArchive({ layers: [await busyboxLayer()], config: BUSYBOX_CONFIG })
  : Buffer.of()
const programs = createOciPrograms(archive)

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

  suiteWith('runc')
  if (hasGvisor) suiteWith('runsc')
})
