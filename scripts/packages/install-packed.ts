import { mkdir, readdir, readFile, realpath, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runCommand } from '../command.ts'
import { PACKAGES, ROOT } from '../root.ts'

export interface Manifest {
  name: string
  version: string
  bin?: Record<string, string>
  exports: Record<string, string | Record<string, string>>
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}

export interface InstalledPackage {
  folder: string
  manifest: Manifest
}

/**
 * Packs every package as the registry would get it and lays the packed files out below `folder` as an install does:
 * our packages unpacked, everybody else's linked from the workspace, so that nothing is fetched.
 */
export async function installPacked(folder: string, write: (text: string) => void): Promise<InstalledPackage[]> {
  const installed = await Promise.all(
    PACKAGES.map(async name => {
      const source = join(ROOT, 'packages', name)
      const tarball = await pack(source, join(folder, 'tarballs', name), write)
      return { source, ...(await unpack(tarball, join(folder, 'unpacked', name), write)) }
    })
  )
  const own = new Map(installed.map(({ folder: at, manifest }) => [manifest.name, at]))
  for (const { folder: at, manifest, source } of installed) {
    const wanted = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
    for (const name of wanted) {
      await link(own.get(name) ?? (await realpath(join(source, 'node_modules', name))), join(at, 'node_modules', name))
    }
    await link(at, join(folder, 'node_modules', manifest.name))
  }
  return installed
}

async function pack(source: string, into: string, write: (text: string) => void): Promise<string> {
  await mkdir(into, { recursive: true })
  await mustRun('pnpm', ['pack', '--pack-destination', into], source, write)
  const [tarball] = await readdir(into)
  if (tarball === undefined) throw new Error(`pnpm packed nothing in ${source}`)
  return join(into, tarball)
}

async function unpack(tarball: string, into: string, write: (text: string) => void): Promise<InstalledPackage> {
  // Below a folder named node_modules, where Node reads no TypeScript: only compiled code can run.
  const folder = join(into, 'node_modules', 'package')
  await mkdir(folder, { recursive: true })
  await mustRun('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder], into, write)
  return { folder, manifest: JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest }
}

async function link(target: string, at: string): Promise<void> {
  await mkdir(dirname(at), { recursive: true })
  await symlink(target, at)
}

async function mustRun(command: string, args: string[], cwd: string, write: (text: string) => void): Promise<void> {
  const { exitCode, stdout, stderr } = await runCommand(command, args, { cwd, timeoutMs: 60_000 })
  if (exitCode === 0) return
  write(stdout + stderr)
  throw new Error(`${command} ${args[0]} failed in ${cwd}`)
}
