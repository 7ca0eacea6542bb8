import { createWasmExecutor } from 'archipel'
import { descendants, isGone } from '../../packages/node/test/executor/processes.ts'
import { requireFacility } from '../../scripts/facilities.ts'
import { MIB } from '../suites/executor/back-end.ts'
import { executorSuite } from '../suites/executor/suite.ts'
import { wasmPrograms } from './wasm-programs.ts'

function suiteAvoiding(name: string, avoid: readonly string[]): void {
  let pids: number[] = []
  const alive = () => pids.filter(pid => !isGone(pid))
  executorSuite(name, {
    create: () => createWasmExecutor({ avoid, onProcess: pid => pids.push(pid!) }),
    programs: wasmPrograms,
    memoryBytes: 16 * MIB,
    async crash() {
      for (const pid of alive().flatMap(pid => [pid, ...descendants(pid)])) process.kill(pid, 'SIGKILL')
      pids = alive()
    },
    leftovers: async () => alive().map(pid => `process ${pid}`)
  })
}

if (requireFacility('bubblewrap')) suiteAvoiding('the wasm executor', [])
suiteAvoiding('the wasm executor without bubblewrap', ['bubblewrap'])
