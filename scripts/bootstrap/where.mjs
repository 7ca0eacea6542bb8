// Run by the Node that `npm exec` fetched: tells where it and the pnpm beside it lie.
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

const folders = process.env.PATH.split(delimiter)
const pnpmFolder = folders.find(folder => existsSync(join(folder, 'pnpm')))
console.log(JSON.stringify({ node: process.execPath, path: [dirname(process.execPath), pnpmFolder] }))
