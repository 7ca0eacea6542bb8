import { join } from 'node:path'

/** The checkout's folder. */
export const ROOT = join(import.meta.dirname, '..')

/** The checkout's own build of a tool, e.g. `toolPath('tsc')`: starts it without asking pnpm. */
export function toolPath(name: string): string {
  return join(ROOT, 'node_modules/.bin', name)
}

/** The workspace's packages that get published, dependencies first. */
export const PACKAGES = ['protocol', 'contracts', 'client', 'node'] as const
