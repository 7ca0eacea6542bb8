import { importsOf, packageOf } from './imports.ts'
import type { Problem, Repository } from './repository.ts'

const REASONS = 'docs/dependencies.md'
const WORKSPACE = 'pnpm-workspace.yaml'

/** Packages that go by another name. */
const MENTIONS: Readonly<Record<string, string>> = { typescript: 'tsc' }

interface Manifest {
  file: string
  name: string
  /** Everything the package may import or start, by name. */
  declared: ReadonlyMap<string, string>
}

/** Versions live in the catalog; every entry is used and has its reason written down. */
export function catalogIsTidy(repository: Repository): Problem[] {
  const catalog = catalogOf(repository.read(WORKSPACE))
  const reasons = new Set([...repository.read(REASONS).matchAll(/^[-*|] ?`([^`]+)`/gm)].map(match => match[1]!))
  const manifests = manifestsOf(repository)
  const used = new Set(manifests.flatMap(({ declared }) => [...declared.keys()]))
  const report = (file: string, names: Iterable<string>, message: string) =>
    [...names].map(name => ({ file, message: `${name} ${message}` }))
  return [
    ...report(WORKSPACE, difference(catalog, used), 'is in the catalog but no package uses it'),
    ...report(REASONS, difference(catalog, reasons), 'has no line with its reason'),
    ...report(REASONS, difference(reasons, catalog), 'has a reason but is not in the catalog'),
    ...manifests.flatMap(({ file, declared }) =>
      [...declared]
        .filter(([, version]) => !/^(?:catalog|workspace):/.test(version))
        .map(([name]) => ({ file, message: `${name}: versions belong in the catalog` }))
    )
  ]
}

/** A package imports what it declares, and declares what it names somewhere. */
export function importsAreDeclared(repository: Repository): Problem[] {
  return manifestsOf(repository).flatMap(({ file: manifest, name, declared }) => {
    const folder = manifest.slice(0, -'package.json'.length)
    const owned = repository.files.filter(file => isOwnedBy(file, folder) && file !== manifest)
    const users = folder === 'test/' ? owned.concat(repository.files.filter(isScript)) : owned
    const texts = users.map(file => repository.read(file))
    const undeclared = owned
      .filter(file => /\.(?:ts|mjs|js)$/.test(file))
      .flatMap(file =>
        importsOf(repository.read(file))
          .filter(({ specifier }) => {
            const wanted = packageOf(specifier)
            return wanted !== undefined && wanted !== name && !declared.has(wanted)
          })
          .map(({ specifier, line }) => ({ file, line, message: `${specifier} is not declared in ${manifest}` }))
      )
    // A dependency may also be named in a path, a script or a configuration: any mention counts.
    const scripts = /"scripts": \{[^}]*\}/.exec(repository.read(manifest))?.[0] ?? ''
    const unused = [...declared.keys()]
      .filter(
        wanted => ![scripts, ...texts].some(text => text.includes(MENTIONS[wanted] ?? wanted.replace('@types/', '')))
      )
      .map(wanted => ({
        file: manifest,
        message: `${wanted} is declared but named nowhere in ${folder || 'the root'}`
      }))
    return [...undeclared, ...unused]
  })
}

/** The demo and its kin use the real programs that `test` depends on. */
function isScript(file: string): boolean {
  return file.startsWith('scripts/')
}

/** Files of a package; for the root, those of no package. */
function isOwnedBy(file: string, folder: string): boolean {
  if (folder !== '') return file.startsWith(folder)
  return (
    !/^(?:packages|docs|test)\//.test(file) && !file.endsWith('.md') && file !== WORKSPACE && file !== 'pnpm-lock.yaml'
  )
}

function manifestsOf(repository: Repository): Manifest[] {
  return repository.files
    .filter(file => /^(?:packages\/[^/]+\/|test\/)?package\.json$/.test(file))
    .map(file => {
      const manifest = JSON.parse(repository.read(file)) as Record<string, Record<string, string>> & { name: string }
      const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
      return {
        file,
        name: manifest.name,
        declared: new Map(kinds.flatMap(kind => Object.entries(manifest[kind] ?? {})))
      }
    })
}

/** The names under `catalog:`, which is one flat map. */
function catalogOf(text: string): Set<string> {
  const body = /^catalog:\n((?: {2}.*\n|\s*\n)+)/m.exec(text)?.[1] ?? ''
  return new Set([...body.matchAll(/^ {2}["']?([^"':]+)["']?:/gm)].map(match => match[1]!))
}

function difference(all: Iterable<string>, without: ReadonlySet<string>): string[] {
  return [...all].filter(name => !without.has(name))
}
