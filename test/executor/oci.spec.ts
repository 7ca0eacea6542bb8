import { afterAll, beforeAll, describe } from 'vitest'
import { busyboxLayer } from '../../packages/node/test/executor/oci/images.ts'
import { requireFacility } from '../../scripts/facilities.ts'
import { type ContainerEngine, startContainerEngine } from '../fixtures/container-engine.ts'
import { ociCases } from './oci-cases.ts'
import { ociSuite } from './oci-suite.ts'

const hasDocker = requireFacility('docker')
const layer = hasDocker ? await busyboxLayer() : Buffer.of()

describe.skipIf(!hasDocker)('the oci executor', async () => {
  let engine: ContainerEngine

  beforeAll(async () => {
    engine = await startContainerEngine()
  })
  afterAll(() => engine?.stop())

  describe('alone', () => ociCases(() => engine, layer))
  if (hasDocker) await ociSuite('runc', () => engine)
})
