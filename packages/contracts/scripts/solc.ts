/**
 * Speaks the part of native solc's command line that forge uses (`--version` and `--standard-json`) on top of the npm
 * package `solc`, the compiler's official WebAssembly build. So the compiler comes from the npm registry alone, and
 * gives the same bytes on every platform.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { createRequire, enableCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Solc {
  version(): string
  compile(inputJson: string): string
}

const require = createRequire(import.meta.url)
const cacheFolder = join(dirname(fileURLToPath(import.meta.url)), '../cache')

if (process.argv.includes('--version')) {
  writeOut(`solc, the solidity compiler commandline interface\nVersion: ${longVersion()}\n`)
} else {
  writeOut(loadCompiler().compile(readFileSync(0, 'utf8')))
}

function loadCompiler(): Solc {
  enableCompileCache(join(cacheFolder, 'v8'))
  return require('solc') as Solc
}

/**
 * The version with its commit, as native solc spells it. Only the compiler itself knows the commit and takes long to
 * start, while forge asks on every run: so the answer is kept, under the version of the package it came from.
 */
function longVersion(): string {
  const { version } = require('solc/package.json') as { version: string }
  const file = join(cacheFolder, `solc-${version}.txt`)
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // forge insists on a platform it knows; the code generator is the same on all of them.
    const long = loadCompiler().version().replace('Emscripten.clang', 'Linux.g++')
    mkdirSync(cacheFolder, { recursive: true })
    writeFileSync(`${file}.${process.pid}`, long)
    renameSync(`${file}.${process.pid}`, file)
    return long
  }
}

/** Writes all of `text`, also to a pipe whose reader is slower than we are. */
function writeOut(text: string): void {
  const bytes = Buffer.from(text)
  let offset = 0
  while (offset < bytes.length) {
    try {
      offset += writeSync(1, bytes, offset)
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code !== 'EAGAIN') throw err
    }
  }
}
