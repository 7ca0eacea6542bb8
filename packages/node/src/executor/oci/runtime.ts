import { createExecutionError } from '../errors.ts'
import type { EngineInfo } from './engine/types.ts'
import { GVISOR } from './run/specs.ts'

/** Which of the engine's runtimes to use: strangers' programs get gVisor's kernel between them and ours, where it is. */
export function chooseRuntime({ Runtimes }: EngineInfo, wanted: string | undefined): string {
  const runtime = wanted ?? (GVISOR in Runtimes ? GVISOR : 'runc')
  if (runtime in Runtimes) return runtime
  throw createExecutionError('E_RUNNER_DIED', `the container engine has no runtime ${runtime}`, {
    facts: { runtimes: Object.keys(Runtimes) }
  })
}

/** The layers between a program and the machine, those of the engine's that are really there. */
export function layersOf({ SecurityOptions }: EngineInfo, runtime: string): readonly string[] {
  const options = (SecurityOptions ?? []).map(text => /^name=([a-z]+)/.exec(text)?.[1])
  const engineLayers = ['seccomp', 'apparmor', 'selinux', 'userns', 'rootless'].filter(name => options.includes(name))
  return ['container', runtime, 'no-network', 'read-only', 'no-capabilities', 'cgroups', ...engineLayers]
}

/** Throws E_RUNNER_DIED for an engine that would not keep programs to their limits. */
export function requireLimits({ OSType, MemoryLimit, PidsLimit, CpuCfsQuota }: EngineInfo): void {
  if (OSType === 'linux' && MemoryLimit && PidsLimit && CpuCfsQuota) return
  throw createExecutionError('E_RUNNER_DIED', 'the container engine cannot limit what programs take', {
    facts: { system: OSType, memory: MemoryLimit, processes: PidsLimit, processors: CpuCfsQuota },
    hint: 'programs of strangers need cgroups for memory, pids and cpu'
  })
}
