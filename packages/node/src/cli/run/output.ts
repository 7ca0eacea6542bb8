import { lstat, readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Client, ExportedFile } from '@archipel/client'
import { writeFiles } from '@archipel/client/node'
import { CodedError, type Hash, isCodedError } from '@archipel/protocol'
import type { JobOutput } from './report.ts'

/**
 * Before anything is spent: a place to put the output.
 *
 * @throws CodedError E_CONTENT_EXISTS
 */
export async function checkOutputFolder(folder: string, force: boolean): Promise<void> {
  const stats = await lstat(folder).catch(() => undefined)
  if (stats === undefined) return
  if (!stats.isDirectory()) throw exists(folder, 'is not a folder', 'name another one with --output')
  if (force || (await readdir(folder)).length === 0) return
  throw exists(
    folder,
    'is not empty',
    'name an empty or new folder with --output, or add --force to write among its files'
  )
}

/** Writes the files of a job, or counts them where they are kept. */
export async function saveOutput(
  client: Client,
  job: Hash,
  { folder, force, signal }: { folder: string | undefined; force: boolean; signal: AbortSignal }
): Promise<JobOutput> {
  const files: { path: string; bytes: number }[] = []
  const listed = listing(client.outputFiles(job, { signal }), files)
  if (folder === undefined) {
    for await (const _ of listed);
    return { folder, files }
  }
  const target = resolve(folder)
  await writeFiles(listed, target, { overwrite: force, signal })
  return { folder: target, files }
}

async function* listing(
  entries: AsyncIterable<ExportedFile>,
  files: { path: string; bytes: number }[]
): AsyncGenerator<ExportedFile> {
  for await (const file of entries) {
    files.push({ path: file.path, bytes: file.byteLength })
    yield file
  }
}

/** Errors about a file name it among their facts; people want it in the message. */
export function namingPath(err: unknown): unknown {
  if (!isCodedError(err) || !err.code.startsWith('E_CONTENT_') || typeof err.facts.path !== 'string') return err
  const { code, message, facts, hint } = err
  if (message.includes(err.facts.path)) return err
  return new CodedError(code, `${err.facts.path}: ${message}`, {
    facts: { ...facts },
    ...(hint === undefined ? {} : { hint }),
    cause: err
  })
}

function exists(path: string, what: string, hint: string): CodedError {
  return new CodedError('E_CONTENT_EXISTS', `${path} ${what}`, { facts: { path }, hint })
}
