import { arrowsPointDown, clientRunsInBrowsers, librariesDoNotPrint, protocolIsPure } from './architecture.ts'
import { catalogIsTidy, importsAreDeclared } from './dependencies.ts'
import { filesAreShort, limitsHaveReasons, nothingIsUnfinished } from './files.ts'
import { documentedScriptsExist, linksResolve } from './links.ts'
import { namedTestsExist } from './named-tests.ts'
import type { Problem, Repository } from './repository.ts'

/** The house rules a formatter cannot know. */
const RULES: readonly ((repository: Repository) => Problem[])[] = [
  protocolIsPure,
  arrowsPointDown,
  clientRunsInBrowsers,
  librariesDoNotPrint,
  filesAreShort,
  nothingIsUnfinished,
  limitsHaveReasons,
  catalogIsTidy,
  importsAreDeclared,
  linksResolve,
  documentedScriptsExist,
  namedTestsExist
]

export function tidy(repository: Repository): Problem[] {
  return RULES.flatMap(rule => rule(repository))
}
