import { join } from 'node:path/posix'
import type { Repository } from './repository.ts'

export interface Import {
  specifier: string
  /** Erased before the code runs. */
  isTypeOnly: boolean
  line: number
}

const STATIC = /^[ \t]*(?:import|export)[ \t]+(type[ \t]+)?(?:[^'"`;()]*?[ \t}\n]from[ \t]+)?['"]([^'"\n]+)['"]/gm
const DYNAMIC = /\b(?:import|import\.meta\.resolve)\(\s*['"]([^'"$\n]+)['"]/g

/** The modules a TypeScript or JavaScript text names. Reads our formatter's style, not the whole language. */
export function importsOf(text: string): Import[] {
  const found: Import[] = []
  for (const match of text.matchAll(STATIC)) {
    const line = lineAt(text, match.index + match[0].length)
    found.push({ specifier: match[2]!, isTypeOnly: match[1] !== undefined, line })
  }
  for (const match of text.matchAll(DYNAMIC)) {
    found.push({ specifier: match[1]!, isTypeOnly: false, line: lineAt(text, match.index) })
  }
  return found
}

/** `@libp2p/tcp/x` → `@libp2p/tcp`; undefined for paths, URLs and Node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (/^(?:\.|\/|[a-z]+:)/.test(specifier)) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Every file that runs when `entry` is imported, with the import that led to it. */
export function reachableFrom(
  repository: Repository,
  entry: string,
  entryOf: (packageName: string) => string | undefined
): Map<string, string> {
  const via = new Map([[entry, entry]])
  const waiting = [entry]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const { specifier, isTypeOnly } of importsOf(repository.read(file))) {
      const target = specifier.startsWith('.') ? join(file, '..', specifier) : entryOf(specifier)
      if (isTypeOnly || target === undefined || via.has(target) || !repository.has(target)) continue
      via.set(target, file)
      waiting.push(target)
    }
  }
  return via
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
