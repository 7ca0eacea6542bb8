import { afterAll, beforeAll, describe } from 'vitest'
import { requireFacility } from '../../scripts/facilities.ts'
import { type ContainerEngine, startContainerEngine } from '../fixtures/container-engine.ts'
import { ociSuite } from './oci-suite.ts'

const isHere = requireFacility('docker') && requireFacility('gvisor')

describe.skipIf(!isHere)('the oci executor', async () => {
  let engine: ContainerEngine

  beforeAll(async () => {
    engine = await startContainerEngine()
  })
  afterAll(() => engine?.stop())

  if (isHere) await ociSuite('runsc', () => engine)
})
