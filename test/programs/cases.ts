import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { json, noise, picture, prose, rows } from './generate.ts'
import type { CProgramName } from './programs.ts'

/** One run of a program, the same as a job and for this machine. */
export interface CProgramCase {
  program: CProgramName
  /** What it is made to do. */
  does: string
  /** From the program's name on. Paths are relative; the output is in `output`. */
  args: readonly string[]
  stdin?: string | Uint8Array
  files?: Readonly<Record<string, Uint8Array>>
  /** What it leaves in `output`. */
  writes?: readonly string[]
  exitCode?: number
}

const KIB = 1024
const MIB = 1024 * KIB
const input = (name: string) => readFileSync(join(import.meta.dirname, 'inputs', name))

/** The variables of every run. */
export const ENV = { HOME: '/home/nobody' }

/** What each program is made to do. */
export const C_PROGRAM_CASES: readonly CProgramCase[] = [
  {
    program: 'jq',
    does: 'queries a document',
    args: ['jq', '-S', '-f', 'report.jq', 'people.json'],
    files: { 'people.json': json(3000), 'report.jq': input('report.jq') }
  },
  {
    program: 'jq',
    does: 'computes from what it reads',
    args: ['jq', '-c', '--arg', 'who', 'Ünal', '-f', 'numbers.jq'],
    stdin: '0.1\n1e300\n',
    files: { 'numbers.jq': input('numbers.jq') }
  },
  {
    program: 'jq',
    does: 'refuses what is no JSON',
    args: ['jq', '.'],
    stdin: '{"whole": 1}\n{"broken": ',
    exitCode: 4
  },
  {
    program: 'sqlite3',
    does: 'fills a database and asks it',
    args: ['sqlite3', '-batch', '-vfs', 'unix-none', 'output/people.db'],
    stdin: input('database.sql'),
    files: { 'rows.sql': rows(1000, 4000) },
    writes: ['copy.db', 'people.db']
  },
  {
    program: 'sqlite3',
    does: 'says what is wrong and goes on',
    args: ['sqlite3', '-batch'],
    stdin: 'SELECT 1;\nSELEC 2;\nSELECT nothing FROM nowhere;\nSELECT 3;\n',
    exitCode: 1
  },
  {
    program: 'lua',
    does: 'computes, counts words and ends with a code',
    args: ['lua', 'work.lua'],
    stdin: 'standard input',
    files: { 'work.lua': input('work.lua'), 'words.txt': prose(200 * KIB) },
    writes: ['words.tsv'],
    exitCode: 7
  },
  ...(
    [
      [1, MIB],
      [9, MIB],
      [19, 256 * KIB]
    ] as const
  ).map(
    ([level, bytes]): CProgramCase => ({
      program: 'zstd',
      does: `compresses ${bytes / KIB} KiB at level ${level}`,
      args: ['zstd', '-q', `-${level}`, 'prose.txt', '-o', 'output/prose.zst'],
      files: { 'prose.txt': prose(bytes) },
      writes: ['prose.zst']
    })
  ),
  {
    program: 'zstd',
    does: 'decompresses a MiB that another one compressed',
    args: ['zstd', '-q', '-d', 'prose.zst', '-o', 'output/prose.txt'],
    files: { 'prose.zst': zstdCompressSync(prose(MIB)) },
    writes: ['prose.txt']
  },
  {
    program: 'zstd',
    does: 'copies what cannot be compressed, from its input to its output',
    args: ['zstd', '-q', '--no-check', '-c'],
    stdin: noise(256 * KIB)
  },
  ...[
    ['-lossless', '-z', '6'],
    ['-q', '75', '-m', '4'],
    ['-q', '30', '-sharp_yuv', '-resize', '100', '0']
  ].map(
    (options): CProgramCase => ({
      program: 'cwebp',
      does: `makes a picture smaller: ${options.join(' ')}`,
      args: ['cwebp', '-quiet', ...options, 'picture.ppm', '-o', 'output/picture.webp'],
      files: { 'picture.ppm': picture(192, 128) },
      writes: ['picture.webp']
    })
  )
]
