import { join } from 'node:path'

/** The checkout's folder. */
export const ROOT = join(import.meta.dirname, '..')

/** The workspace's packages that get published, dependencies first. */
export const PACKAGES = ['protocol', 'contracts', 'client', 'node'] as const
