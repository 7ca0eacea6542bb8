import { openRepository } from '../tidy/repository.ts'
import { tidy as checkHouseRules } from '../tidy/tidy.ts'
import { FAILED, PASSED, type Stage } from './stage.ts'

export const tidy: Stage = {
  name: 'tidy',
  async run(write) {
    const problems = checkHouseRules(openRepository())
    for (const { file, line, message } of problems)
      write(`${line === undefined ? file : `${file}:${line}`}: ${message}\n`)
    return problems.length === 0 ? PASSED : FAILED
  }
}
