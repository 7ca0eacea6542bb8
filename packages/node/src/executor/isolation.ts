/**
 * How strongly programs are confined, from the layers in force:
 *
 * - `basic`: a process of their own with Node's permissions, and what of rlimits and setpriv there is
 * - `contained`: and namespaces, without the machine's files, processes and networks
 * - `hardened`: and a filter of system calls, and groups that bound memory, processes and processor time
 */
export type IsolationLevel = 'basic' | 'contained' | 'hardened'

export function isolationLevel(layers: readonly string[]): IsolationLevel {
  if (!layers.includes('bubblewrap')) return 'basic'
  return layers.includes('seccomp') && layers.includes('cgroup') ? 'hardened' : 'contained'
}
