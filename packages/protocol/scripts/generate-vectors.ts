/**
 * Writes the golden vectors: inputs with the bytes, hashes and signatures that every implementation must reproduce.
 * `node scripts/generate-vectors.ts` writes them; `--check` only says whether the files are up to date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vectorFiles } from './vector-files/files.ts'
import { toText } from './vector-files/json.ts'

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'vectors')

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const checking = process.argv.includes('--check')
const stale: string[] = []
for (const [name, file] of Object.entries(vectorFiles())) {
  const path = join(folder, `${name}.json`)
  const text = toText(file)
  if (read(path) === text) continue
  stale.push(`${name}.json`)
  if (!checking) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(path, text)
  }
}

if (stale.length === 0) console.log('vectors: up to date')
else if (!checking) console.log(`vectors: wrote ${stale.join(', ')}`)
else {
  console.error(`vectors: stale: ${stale.join(', ')}\nhint: node packages/protocol/scripts/generate-vectors.ts`)
  process.exitCode = 1
}
