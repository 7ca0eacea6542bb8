import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../root.ts'

/** A broken house rule. */
export interface Problem {
  /** Relative to the checkout. */
  file: string
  /** Counted from 1. */
  line?: number
  message: string
}

/** The files that belong to the project, as rules see them. */
export interface Repository {
  /** Paths relative to the checkout, sorted. */
  files: readonly string[]
  read(file: string): string
  /** True for a file or a folder. */
  has(path: string): boolean
}

/** Tracked files, and new ones that git does not ignore. */
export function openRepository(root = ROOT): Repository {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20
  })
  const files = [...new Set(listed.split('\0'))].filter(file => file !== '' && isFile(join(root, file))).sort()
  const texts = new Map<string, string>()
  return {
    files,
    read(file) {
      const known = texts.get(file) ?? readFileSync(join(root, file), 'utf8')
      texts.set(file, known)
      return known
    },
    has: path => existsSync(join(root, path))
  }
}

/** A repository that exists only in memory, for tests of rules. */
export function memoryRepository(contents: Readonly<Record<string, string>>): Repository {
  const files = Object.keys(contents).sort()
  return {
    files,
    read: file => contents[file] ?? '',
    has: path => files.some(file => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`))
  }
}

/** One problem per line of `file` that `pattern` matches. */
export function matchLines(repository: Repository, file: string, pattern: RegExp, message: string): Problem[] {
  return repository
    .read(file)
    .split('\n')
    .flatMap((text, index) => (pattern.test(text) ? [{ file, line: index + 1, message }] : []))
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
