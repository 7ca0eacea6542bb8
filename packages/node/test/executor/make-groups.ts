/** A process that makes the control groups of an executor, says where they are and, with `stay`, never removes them. */
import { openGroups } from '../../src/executor/wasm/sandbox/cgroup/groups.ts'

const opened = await openGroups()
if (opened.groups === undefined) {
  console.error(opened.reason)
  process.exit(1)
}
const group = opened.groups.create()
if (process.argv[2] === 'stay') {
  console.log(JSON.stringify(group.folders))
  setInterval(() => {}, 60_000)
} else {
  await group.remove()
  await opened.groups.close()
}
