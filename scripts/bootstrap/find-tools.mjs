import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

/** `{ node, path }`: the running Node's executable, and the folders of it and of the pnpm that PATH finds. */
export function findTools() {
  const pnpmFolder = process.env.PATH.split(delimiter).find(folder => existsSync(join(folder, 'pnpm')))
  return { node: process.execPath, path: [dirname(process.execPath), pnpmFolder] }
}

export function toolsExist(tools) {
  const pnpmFolder = tools?.path?.[1]
  return typeof pnpmFolder === 'string' && existsSync(join(pnpmFolder, 'pnpm')) && existsSync(tools.node)
}
