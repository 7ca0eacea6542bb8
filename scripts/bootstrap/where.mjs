// Run by the Node that `npm exec` brings: tells where it and the pnpm beside it lie.
import { findTools } from './find-tools.mjs'

console.log(JSON.stringify(findTools()))
