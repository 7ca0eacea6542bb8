import { createExecutionError } from '../../errors.ts'
import type { ExecutionJob, InputFile } from '../../executor.ts'
import { isPlainPath } from '../../paths.ts'
import { INPUT_FILES_MAX } from '../limits.ts'
import type { TarFile } from '../tar/write.ts'

/** What a job brings, as the files of an archive, and how much of its disk that takes. */
export interface InputMeter {
  files(): AsyncGenerator<TarFile>
  usedBytes(): number
}

/** Throws E_DISK_LIMIT for a standard input that is too large, and while the files are read E_BAD_INPUT besides. */
export function createInputMeter({ files, stdin, limits }: ExecutionJob): InputMeter {
  let usedBytes = 0
  let count = 0
  const paths = createPathCheck()

  function use(bytes: number): void {
    usedBytes += bytes
    if (usedBytes > limits.diskBytes || count > INPUT_FILES_MAX) {
      throw createExecutionError('E_DISK_LIMIT', 'the input does not fit on the disk that was agreed', {
        facts: { fault: 'buyer', diskBytesMax: limits.diskBytes, filesMax: INPUT_FILES_MAX },
        hint: 'ask for more disk'
      })
    }
  }

  use(stdin?.length ?? 0)
  return {
    usedBytes: () => usedBytes,
    async *files() {
      for await (const file of files) {
        paths.add(file.path)
        const bytes = await readFile(file)
        count++
        use(bytes.length)
        yield { path: file.path, sizeBytes: bytes.length, content: [bytes] }
      }
    }
  }
}

/** Whether a job has input files at all; a list says so without being read. */
export function mayHaveFiles({ files }: ExecutionJob): boolean {
  return !(Array.isArray(files) && files.length === 0)
}

async function readFile(file: InputFile): Promise<Uint8Array> {
  return 'bytes' in file ? file.bytes : file.read()
}

function createPathCheck() {
  const files = new Set<string>()
  const folders = new Set<string>()
  const refuse = (path: string, reason: string): never => {
    throw createExecutionError('E_BAD_INPUT', `an input path ${reason}`, { facts: { path: path.slice(0, 200) } })
  }
  return {
    add(path: string): void {
      if (!isPlainPath(path)) refuse(path, 'is not plain')
      if (path === 'output' || path.startsWith('output/')) refuse(path, 'is where output belongs')
      if (files.has(path) || folders.has(path)) refuse(path, 'comes twice')
      for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
        const folder = path.slice(0, at)
        if (files.has(folder)) refuse(path, 'is below a file')
        folders.add(folder)
      }
      files.add(path)
    }
  }
}
