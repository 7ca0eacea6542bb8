import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CACHE, runOrThrow } from './cache.ts'

const APT = join(CACHE, 'apt')

/**
 * The folder with the sources of a Debian package, with Debian's patches: of the release itself and not of its updates,
 * because those of updates are replaced at any time. `apt-get` checks signatures and hashes.
 */
export async function fetchSources(name: string): Promise<string> {
  const folder = join(CACHE, 'sources', name)
  if (existsSync(folder)) return folder
  await prepareApt()
  const download = join(CACHE, `download-${process.pid}`)
  await rm(download, { recursive: true, force: true })
  await mkdir(download, { recursive: true })
  try {
    await runOrThrow('apt-get', [...APT_OPTIONS, '-qq', 'source', name], { cwd: download })
    const [unpacked] = (await readdir(download, { withFileTypes: true })).filter(entry => entry.isDirectory())
    await mkdir(join(CACHE, 'sources'), { recursive: true })
    await rename(join(download, unpacked!.name), folder)
  } finally {
    await rm(download, { recursive: true, force: true })
  }
  return folder
}

/** A state of apt's own, so that nothing of the machine's configuration has to change, and nobody has to be root. */
const APT_OPTIONS = [
  `Dir::Etc::sourcelist=${APT}/sources.list`,
  `Dir::Etc::sourceparts=${APT}/none`,
  `Dir::State=${APT}/state`,
  `Dir::Cache=${APT}/cache`,
  // Its user for downloads may not see this folder.
  'APT::Sandbox::User=root',
  'Acquire::Retries=3'
].flatMap(option => ['-o', option])

let prepared: Promise<void> | undefined

function prepareApt(): Promise<void> {
  prepared ??= (async () => {
    for (const folder of ['none', 'state/lists/partial', 'cache/archives/partial']) {
      await mkdir(join(APT, folder), { recursive: true })
    }
    await writeFile(join(APT, 'sources.list'), await sourcesList())
    await runOrThrow('apt-get', [...APT_OPTIONS, '-qq', '--error-on=any', 'update'])
  })()
  return prepared
}

/** Sources from wherever this machine has its packages from. */
async function sourcesList(): Promise<string> {
  const format = '$(CREATED_BY) $(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)'
  const { stdout } = await runOrThrow('apt-get', ['indextargets', '--format', format])
  const found = stdout.split('\n').flatMap(line => {
    const [file, origin, codename, component, uri] = line.split(' ')
    const isRelease = file === 'Packages' && origin === 'Debian' && !codename!.includes('-') && component === 'main'
    return isRelease ? [`deb-src ${uri} ${codename} main\n`] : []
  })
  if (found.length === 0) throw new Error('apt knows no release of Debian: is this one, and was "apt-get update" run?')
  return [...new Set(found)].join('')
}
