import { readFileSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.ts'

/** Folders with all the modules of a runner process, beside this one's. */
const FOLDERS = ['runner', 'metering', 'wasi']
/** The module to start, within the copy: all of them in one. */
export const ENTRY = 'runner/main.js'

/**
 * Copies the modules of the runner process to `target` as plain JavaScript: a runner can be given that folder and
 * nothing else to read, starts without translating TypeScript, and is the same from a checkout and from a package.
 */
export async function copyRunnerModules(target: string): Promise<void> {
  const source = join(dirname(fileURLToPath(import.meta.url)), '..')
  for (const folder of FOLDERS) {
    for (const entry of await readdir(join(source, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const from = join(entry.parentPath, entry.name)
      const to = join(target, from.slice(source.length))
      await mkdir(dirname(to), { recursive: true })
      if (isDeclaration(entry.name)) continue
      if (entry.name.endsWith('.js')) await cp(from, to)
      else if (entry.name.endsWith('.ts'))
        await writeFile(to.replace(/\.ts$/, '.js'), toJavaScript(await readFile(from, 'utf8')))
    }
  }
  await writeFile(join(target, 'package.json'), '{"type":"module"}')
  const entry = join(target, ENTRY)
  await writeFile(
    entry,
    bundle(entry, path => readFileSync(path, 'utf8'))
  )
}

function isDeclaration(name: string): boolean {
  return name.endsWith('.d.ts')
}

function toJavaScript(source: string): string {
  return quietly(() => stripTypeScriptTypes(source)).replace(/(from\s+'\.[^']*)\.ts'/g, "$1.js'")
}

/** Node warns once that the function is young; that is for us to know and not for who reads our output. */
function quietly<T>(action: () => T): T {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return action()
  } finally {
    process.emitWarning = emitWarning
  }
}
