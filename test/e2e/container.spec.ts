import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BUSYBOX_CONFIG, busyboxLayer, dockerArchive } from '../../packages/node/test/executor/oci/images.ts'
import { requireFacility } from '../../scripts/facilities.ts'
import { type CliBuyer, createCliBuyer } from '../fixtures/cli-buyer.ts'
import { type ContainerEngine, startContainerEngine } from '../fixtures/container-engine.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'

const hasDocker = requireFacility('docker')
const RUN = ['run', '--image', 'image.tar', '--max-price', '0.01', '--memory', '64MiB', '--duration', '1m', '--json']

describe.skipIf(!hasDocker)('a container image as a job', () => {
  let engine: ContainerEngine
  let network: TestNetwork
  let buyer: CliBuyer

  beforeAll(async () => {
    engine = await startContainerEngine()
    network = await createTestNetwork()
    await network.addProvider({ name: 'wasm-only' })
    buyer = await createCliBuyer(network, 'buyer')
    const layers = [await busyboxLayer()]
    await writeFile(join(buyer.dataDir, 'image.tar'), await dockerArchive({ layers, config: BUSYBOX_CONFIG }))
    await mkdir(join(buyer.dataDir, 'in'))
    await writeFile(join(buyer.dataDir, 'in', 'names'), 'b\na\nc\n')
  }, 120_000)
  afterAll(async () => {
    await network?.stop()
    await engine?.stop()
  })

  it('is refused, before anything is paid, where nobody runs containers', async () => {
    const { exitCode, stderr } = await buyer.run(...RUN, '--replicas', '1', '--', 'true')
    expect({ exitCode, ...JSON.parse(stderr) }).toMatchObject({
      exitCode: 8,
      error: { code: 'E_NO_OFFERS', facts: { seen: 1, rejected: { runtime: 1 } } }
    })
  })

  it('runs on providers with an engine, which agree and are paid', async () => {
    const containers = { socket: engine.socketPath }
    await network.addProvider({ name: 'engine-1', containers })
    await network.addProvider({ name: 'engine-2', containers })
    const script = 'busybox sort /input/names >/output/sorted; echo "$WHO: $1"; exit 3'
    const program = ['sh', '-c', script, 'sh', 'an argument']
    const wanted = ['--replicas', '2', '--quorum', '2', '--input', 'in', '--output', 'out', '--env', 'WHO=me']
    const { exitCode, stdout, stderr } = await buyer.run(...RUN, ...wanted, '--', ...program)
    expect(exitCode, stderr).toBe(3)
    const { result, replicas } = JSON.parse(stdout)
    expect(replicas).toMatchObject([
      { state: 'paid', digest: replicas[1].digest },
      { state: 'paid', digest: replicas[0].digest }
    ])
    expect(result.exitCode).toBe(3)
    expect(await readFile(join(buyer.dataDir, 'out', 'sorted'), 'utf8')).toBe('a\nb\nc\n')
    expect(await engine.contents()).toEqual([])
  })
})
