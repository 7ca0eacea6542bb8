import { randomBytes } from 'node:crypto'
import { chmod, copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Confinement,
  confinementCandidates,
  type Layer
} from '../../../packages/node/src/executor/wasm/sandbox/candidates.ts'
import { type Groups, openGroups } from '../../../packages/node/src/executor/wasm/sandbox/cgroup/groups.ts'
import { copyRunnerModules } from '../../../packages/node/src/executor/wasm/sandbox/modules.ts'
import { seccompFilter } from '../../../packages/node/src/executor/wasm/sandbox/seccomp/filter.ts'

/** A place where something hostile is started exactly as a runner is, in any of the confinements there are. */
export interface HostilePlace {
  /** Confinements with exactly these layers; what breaks out of the engine is no longer held by Node's permissions. */
  confinements(layers: readonly Layer[]): Confinement[]
  readonly groups: Groups | undefined
  /** Working directory, as a runner has it. */
  readonly directory: string
  /** Folder that a runner may read, and where a hostile one lies in it. */
  readonly modules: string
  close(): Promise<void>
}

const ESCAPED = fileURLToPath(new URL('./escaped-runner.mjs', import.meta.url))
/** What Node holds back by itself: nothing of it stops machine code. */
const NODE_PERMISSIONS = /^--(?:experimental-)?permission$|^--allow-fs-read=|^--disallow-code-generation/

export async function createHostilePlace(): Promise<HostilePlace> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'archipel-hostile-')))
  await chmod(root, 0o755)
  const [modules, directory, filter] = ['modules', 'empty', 'seccomp.bpf'].map(name => join(root, name)) as [
    string,
    string,
    string
  ]
  await mkdir(directory)
  await copyRunnerModules(modules)
  await copyFile(ESCAPED, join(modules, 'runner/main.js'))
  const bytes = seccompFilter(process.arch)
  if (bytes !== undefined) await writeFile(filter, bytes)
  const { groups } = await openGroups()
  const candidates = await confinementCandidates({
    node: await realpath(process.execPath),
    modules,
    pagesMax: 1024,
    filter: bytes === undefined ? undefined : filter,
    groups: groups !== undefined,
    avoid: []
  })
  return {
    groups,
    directory,
    modules,
    confinements: layers => candidates.map(withoutPermissions).filter(({ isolation }) => sameLayers(isolation, layers)),
    close: async () => {
      await groups?.close()
      await rm(root, { recursive: true, force: true })
    }
  }
}

function withoutPermissions(confinement: Confinement): Confinement {
  return {
    ...confinement,
    isolation: confinement.isolation.filter(layer => layer !== 'permission'),
    command: groups => confinement.command(groups).filter(text => !NODE_PERMISSIONS.test(text))
  }
}

function sameLayers(a: readonly Layer[], b: readonly Layer[]): boolean {
  return [...a].sort().join() === [...b].sort().join()
}

export const abstractName = () => `archipel-hostile-${randomBytes(6).toString('hex')}`
