import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { attackTable } from './attack.ts'
import { AIMS, aims } from './corpus.ts'
import type { HostileExecutor } from './executor.ts'
import { ociWith } from './oci/oci.ts'
import { hostileSuite } from './suite.ts'
import { wasm } from './wasm/wasm.ts'

/** Every executor that runs strangers' programs goes through the corpus. */
const EXECUTORS: readonly HostileExecutor[] = [wasm, ociWith('runc')]
/** Too slow for every run: see gvisor.long.spec.ts. */
const SLOW: readonly HostileExecutor[] = [ociWith('runsc')]

for (const hostile of EXECUTORS) hostileSuite(hostile)

describe.each([...EXECUTORS, ...SLOW])('what is told of $runtime', ({ runtime, programs }) => {
  it('in the documentation is what happens here', () => {
    const documented = readFileSync(new URL('../../docs/hostile.md', import.meta.url), 'utf8')
    for (const aim of aims) {
      const { stoppedBy, ends } = programs[aim]
      const seen = typeof ends === 'function' ? 'a result that shows nothing' : ends.join(' or ')
      expect(documented).toContain(attackTable([[aim, AIMS[aim], runtime, stoppedBy, seen]]))
    }
  })
})
