import { expect, it } from 'vitest'
import { namesOf, outputVolume, runSpec } from '../../../src/executor/oci/run/specs.ts'
import { jobOf, MIB } from '../jobs.ts'

const job = jobOf({ program: new Uint8Array(1), args: ['name', 'a', 'b'], limits: { memoryBytes: 64 * MIB } })
const init = {
  image: { id: 'sha256:0', volumes: ['/data', '/output/', '/tmp'] },
  job,
  names: namesOf('job'),
  labels: {},
  runtime: 'runc',
  processors: 2,
  hasInput: false
}
const withLimits = (limits: object) => runSpec({ ...init, job: { ...job, limits: { ...job.limits, ...limits } } })

it('lets nothing out of a container', () => {
  expect(runSpec(init)).toMatchObject({
    Image: 'sha256:0',
    Cmd: ['a', 'b'],
    User: '65534:65534',
    NetworkDisabled: true,
    HostConfig: {
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      IpcMode: 'private',
      Memory: 64 * MIB,
      MemorySwap: 64 * MIB,
      LogConfig: { Type: 'none' }
    }
  })
})

it('mounts what a program may write to, and memory where its image wants volumes', () => {
  expect(runSpec(init).HostConfig.Mounts.map(({ Type, Target }) => [Type, Target])).toEqual([
    ['volume', '/output'],
    ['tmpfs', '/data']
  ])
  const withInput = runSpec({ ...init, hasInput: true }).HostConfig.Mounts
  expect(withInput.find(({ Target }) => Target === '/input')).toMatchObject({ ReadOnly: true })
})

it('leaves the command to the image where there are no arguments', () => {
  expect(runSpec({ ...init, job: { ...job, args: ['name'] } })).not.toHaveProperty('Cmd')
})

it('gives gVisor room for itself', () => {
  const { Memory, PidsLimit } = runSpec({ ...init, runtime: 'runsc' }).HostConfig
  expect(Memory).toBeGreaterThan(64 * MIB)
  expect(PidsLimit).toBeGreaterThanOrEqual(500)
})

it('asks for no more processors than there are, and for no less than engines take', () => {
  const shareOf = (cpuMillis: number) => withLimits({ cpuMillis }).HostConfig.NanoCpus
  expect([1, 500, 2000, 64_000].map(shareOf)).toEqual([1e7, 5e8, 2e9, 2e9])
})

it('never asks for a volume without a bound', () => {
  expect(outputVolume('v', {}, 0).DriverOpts?.o).toContain('size=4096,')
  expect(outputVolume('v', {}, 123_456).DriverOpts?.o).toContain('size=123456,')
})
