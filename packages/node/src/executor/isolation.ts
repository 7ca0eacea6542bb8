/**
 * How strongly programs are confined, from the layers in force:
 *
 * - `basic`: a process of their own with Node's permissions, and what of rlimits and setpriv there is
 * - `contained`: and namespaces, without the machine's files, processes and networks; as containers are
 * - `hardened`: and a filter of system calls, and groups that bound memory, processes and processor time; of containers
 *   those with a kernel of their own, gVisor's
 */
export const ISOLATION_LEVELS = ['basic', 'contained', 'hardened'] as const
export type IsolationLevel = (typeof ISOLATION_LEVELS)[number]

/** What can be promised to whoever does not say which of several back ends it will use. */
export function weakestLevel(backEnds: readonly { readonly isolation: readonly string[] }[]): IsolationLevel {
  const levels = backEnds.map(({ isolation }) => isolationLevel(isolation))
  return ISOLATION_LEVELS.find(level => levels.includes(level)) ?? 'basic'
}

export function isolationLevel(layers: readonly string[]): IsolationLevel {
  if (layers.includes('container')) return layers.includes('runsc') ? 'hardened' : 'contained'
  if (!layers.includes('bubblewrap')) return 'basic'
  return layers.includes('seccomp') && layers.includes('cgroup') ? 'hardened' : 'contained'
}
