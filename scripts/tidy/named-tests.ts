import { join } from 'node:path/posix'
import type { Problem, Repository } from './repository.ts'

/** A link to a file of tests, and the names in backticks that follow it. */
const TESTS = /\]\(([^)\s]+\.(?:t\.sol|spec\.ts))\)((?: `[^`]+`)+)/g

/** A document that names tests as its proof names tests that exist: `[file](path.t.sol) ` and their names in backticks. */
export function namedTestsExist(repository: Repository): Problem[] {
  return repository.files
    .filter(file => file.endsWith('.md'))
    .flatMap(file =>
      repository
        .read(file)
        .split('\n')
        .flatMap((text, index) => [...text.matchAll(TESTS)].flatMap(match => missing(repository, file, index, match)))
    )
}

function missing(repository: Repository, file: string, index: number, [, link, names]: RegExpMatchArray): Problem[] {
  const target = join(file, '..', link!)
  if (!repository.has(target)) return []
  const tests = repository.read(target)
  return [...names!.matchAll(/`([^`]+)`/g)]
    .filter(([, name]) => !tests.includes(name!))
    .map(([, name]) => ({ file, line: index + 1, message: `${target} has no test named ${name}` }))
}
