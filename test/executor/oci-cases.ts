import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createOciExecutor, type Executor, type OciExecutorInit } from 'archipel'
import { afterEach, describe, expect, it } from 'vitest'
import { BUSYBOX_CONFIG, dockerArchive, sha256 } from '../../packages/node/test/executor/oci/images.ts'
import { block } from '../../packages/node/test/executor/oci/tar-blocks.ts'
import { requireFacility } from '../../scripts/facilities.ts'
import type { ContainerEngine } from '../fixtures/container-engine.ts'
import { startRegistry } from '../fixtures/registry.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { type JobInit, jobOf, MIB, never, type Program, text } from '../suites/executor/back-end.ts'

const hasRegistry = requireFacility('docker-registry')
const START_TIMEOUT_MS = 60_000

/** What the suite does not know of: images, what a container may do, whose leftovers are whose. */
export function ociCases(engineOf: () => ContainerEngine, layer: Buffer): void {
  const running: Executor[] = []

  async function start(init: Partial<OciExecutorInit> = {}): Promise<Executor> {
    const executor = createOciExecutor({ socketPath: engineOf().socketPath, owner: 'one', runtime: 'runc', ...init })
    running.push(executor)
    await executor.start()
    return executor
  }

  afterEach(async () => {
    for (const executor of running.splice(0)) await executor.stop()
  })

  const programOf = (bytes: Uint8Array) => ({ cid: sha256(bytes), load: async () => bytes })
  const archiveOf = (config: object = {}, tags: string[] = []) =>
    dockerArchive({ layers: [layer], config: { ...BUSYBOX_CONFIG, ...config }, tags })
  const shell = async (script: string, archive?: Uint8Array): Promise<Program> => ({
    program: programOf(archive ?? (await archiveOf())),
    args: ['busybox', 'sh', '-c', script]
  })
  const run = (executor: Executor, program: Program, init?: JobInit) => {
    const memoryBytes = 32 * MIB
    return executor.run(jobOf({ memoryBytes }, program, init), { signal: never })
  }
  const imageNames = async (): Promise<string[]> => {
    const images: { RepoTags: string[] | null }[] = JSON.parse(await engineOf().ask('GET', '/images/json'))
    return images.flatMap(({ RepoTags }) => RepoTags ?? [])
  }

  describe('a container', () => {
    it('is nobody, without network, capabilities or a disk to write to', async () => {
      const executor = await start()
      const archive = await archiveOf({ User: '0:0', Healthcheck: { Test: ['CMD', '/bin/busybox', 'false'] } })
      const program = await shell(
        `busybox id -u
        busybox grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status
        busybox ls /sys/class/net
        for place in / /bin /etc /dev /input; do busybox touch $place/x && echo "wrote to $place"; done
        busybox touch /tmp/x /output/x /dev/shm/x && echo wrote`,
        archive
      )
      const { stdout } = await run(executor, program, { files: [{ path: 'a', bytes: new Uint8Array(1) }] })
      expect(text(stdout).replaceAll('\t', ' ').trim().split('\n')).toEqual([
        '65534',
        'CapEff: 0000000000000000',
        'CapBnd: 0000000000000000',
        'NoNewPrivs: 1',
        'lo',
        'wrote'
      ])
      expect(executor.isolation).toEqual(expect.arrayContaining(['container', 'runc', 'no-network', 'seccomp']))
    })

    it('leaves plain files only', async () => {
      const executor = await start()
      const script = `cd /output; busybox ln -s /etc/passwd link; busybox mkfifo pipe; busybox mkdir empty
        printf 1 >plain; busybox ln plain twice; busybox truncate -s 1G holes`
      await expect(run(executor, await shell(script))).rejects.toMatchObject({ code: 'E_OUTPUT_LIMIT' })
      const { files } = await run(executor, await shell(script.replace('busybox truncate -s 1G holes', '')))
      expect(files.map(({ path }) => path)).toContain('plain')
      expect(files.filter(({ path }) => !['plain', 'twice'].includes(path))).toEqual([])
    })

    it('that cannot be started says so', async () => {
      const executor = await start()
      const program = programOf(await archiveOf({ Entrypoint: ['/no/such/program'] }))
      const outcome = await run(executor, { program, args: ['x'] }).catch(err => err)
      // The process that starts programs finds out, and says what shells say.
      expect(outcome.exitCode ?? outcome.code).toBe(127)
    })
  })

  describe('an image', () => {
    it('gets no name but ours, whatever its archive says', async () => {
      const executor = await start()
      const archive = await archiveOf({}, ['nginx:latest'])
      expect(await run(executor, await shell('exit 3', archive))).toMatchObject({ exitCode: 3 })
      expect(await imageNames()).toContain(`archipel-one/image:${sha256(archive)}`)
      expect((await imageNames()).filter(name => !name.startsWith('archipel-'))).toEqual([])
    })

    it('gets memory for the volumes that it declares', async () => {
      const executor = await start()
      const archive = await archiveOf({ Volumes: { '/data': {}, '/output': {} } })
      const script = 'busybox touch /data/x /output/x && busybox grep " /data " /proc/mounts'
      const { stdout, files } = await run(executor, await shell(script, archive))
      expect(text(stdout)).toMatch(/^tmpfs \/data tmpfs/)
      expect(files.map(({ path }) => path)).toEqual(['x'])
      expect(await engineOf().contents()).toEqual([])
    })

    it('may be removed behind our back', async () => {
      const executor = await start()
      const archive = await archiveOf({ Labels: { removed: 'yes' } })
      await run(executor, await shell('exit 0', archive))
      for (const name of await imageNames()) await engineOf().ask('DELETE', `/images/${encodeURIComponent(name)}`)
      expect(await run(executor, await shell('exit 4', archive))).toMatchObject({ exitCode: 4 })
    })

    it('that cannot be started is to blame itself', async () => {
      const executor = await start()
      const images: [string, object, Buffer[]][] = [
        ['a file where its output belongs', {}, [block('output', {})]],
        ['no folder to work in', { WorkingDir: '/bin/busybox' }, []],
        ['a folder to work in that is somebody else’s', { WorkingDir: '/proc/self/fd/7' }, []],
        ['a variable without a name', { Env: ['=x'] }, []],
        ['variables of no kind', { Env: 5 }, []],
        ['no program', { Entrypoint: [], Cmd: [] }, []],
        ['a volume in place of everything', { Volumes: { '/': {} } }, []]
      ]
      for (const [what, config, more] of images) {
        const archive = await dockerArchive({ layers: [layer, ...more], config: { ...BUSYBOX_CONFIG, ...config } })
        const outcome = await run(executor, { program: programOf(archive), args: ['x'] }).catch(err => err)
        expect(outcome, what).toMatchObject({ code: 'E_BAD_PROGRAM', facts: { fault: 'program' } })
        expect(await engineOf().contents()).toEqual([])
      }
    })

    it('is not to blame where nothing can be started', async () => {
      const running = run(await start({ runtime: 'broken' }), await shell('exit 0'))
      await expect(running).rejects.toMatchObject({ code: 'E_RUNNER_DIED', facts: { fault: 'host' } })
      expect(await engineOf().contents()).toEqual([])
    })

    it('for another kind of machine is another provider’s', async () => {
      const executor = await start()
      const program = programOf(await dockerArchive({ layers: [layer], architecture: 's390x' }))
      await expect(run(executor, { program, args: ['x'] })).rejects.toMatchObject({
        code: 'E_IMAGE_UNAVAILABLE',
        facts: { fault: 'host' }
      })
    })

    it.skipIf(!hasRegistry)('is pulled by its digest from registries that are named, and from no others', async () => {
      const registry = await startRegistry()
      try {
        const { ask } = engineOf()
        const name = `${registry.host}/team/busybox`
        // By way of the engine: its own archive format, then a push.
        const archive = await archiveOf({}, [`${name}:1`])
        await ask('POST', '/images/load', archive)
        const pushed = await ask('POST', `/images/${encodeURIComponent(name)}/push?tag=1`)
        const digest = /"Digest":"(sha256:[0-9a-f]{64})"/.exec(pushed)?.[1]
        await ask('DELETE', `/images/${encodeURIComponent(`${name}:1`)}`)
        const reference = Buffer.from(`${name}@${digest}`)

        const willing = await start({ registries: [registry.host] })
        expect(await run(willing, await shell('exit 5', reference))).toMatchObject({ exitCode: 5 })
        expect((await imageNames()).filter(image => image.startsWith(registry.host))).toEqual([])
        const other = Buffer.from(`${name}@sha256:${'0'.repeat(64)}`)
        const unavailable = { code: 'E_IMAGE_UNAVAILABLE', facts: { fault: 'host' } }
        await expect(run(willing, await shell('exit 5', other))).rejects.toMatchObject(unavailable)
        const unwilling = await start({ owner: 'two' })
        await expect(run(unwilling, await shell('exit 5', reference))).rejects.toMatchObject(unavailable)
      } finally {
        await registry.stop()
      }
    })
  })

  describe('what a node that died left', () => {
    it('is removed by itself when it starts again, and by nobody else', async () => {
      const engine = engineOf()
      const folder = await mkdtemp(join(tmpdir(), 'archipel-test-'))
      const archive = join(folder, 'image.tar')
      await writeFile(archive, await archiveOf())
      const script = fileURLToPath(new URL('./oci-parent.ts', import.meta.url))
      const parent = spawn(process.execPath, ['--no-warnings', script, engine.socketPath, 'one', archive], {
        stdio: ['ignore', 'pipe', 'inherit']
      })
      try {
        await once(parent.stdout, 'data', { signal: AbortSignal.timeout(START_TIMEOUT_MS) })
      } finally {
        parent.kill('SIGKILL')
        await rm(folder, { recursive: true })
      }
      const left = await engine.contents()
      expect(left.length).toBeGreaterThanOrEqual(3)
      await start({ owner: 'two' })
      expect((await engine.contents()).sort()).toEqual(left.sort())
      await start()
      await waitFor(async () => (await engine.contents()).length === 0, {
        timeoutMs: START_TIMEOUT_MS,
        what: 'the leftovers to be gone'
      })
    })
  })

  describe('an engine', () => {
    it('must be there', async () => {
      const executor = createOciExecutor({ socketPath: '/no/such/socket', owner: 'one' })
      await expect(executor.start()).rejects.toMatchObject({ code: 'E_RUNNER_DIED', facts: { fault: 'host' } })
    })

    it('must have the runtime that is asked for', async () => {
      await expect(start({ runtime: 'kata' })).rejects.toMatchObject({ code: 'E_RUNNER_DIED' })
    })

    it('takes a bounded number of jobs at a time', async () => {
      const executor = await start({ jobsMax: 1 })
      const first = run(executor, await shell('exit 0'))
      await expect(run(executor, await shell('exit 0'))).rejects.toMatchObject({ code: 'E_BUSY' })
      expect(await first).toMatchObject({ exitCode: 0 })
    })
  })
}
