import { arrowsPointDown, clientRunsInBrowsers, librariesDoNotPrint, protocolIsPure } from './architecture.ts'
import { catalogIsTidy, importsAreDeclared } from './dependencies.ts'
import { filesAreShort, limitsHaveReasons, nothingIsUnfinished } from './files.ts'
import { linksResolve } from './links.ts'
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
  linksResolve
]

export function tidy(repository: Repository): Problem[] {
  return RULES.flatMap(rule => rule(repository))
}
