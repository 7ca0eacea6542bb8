import { sha256 } from '../../packages/node/test/executor/oci/images.ts'
import { GOT_IT, type Program, type Programs } from '../suites/executor/back-end.ts'

const redirection = { stdout: '', stderr: ' >&2' }
const ROUNDS_OF_A_SECOND = 300_000

/** The suite's programs as commands of a shell in a container. @param archive an image whose entry point is busybox */
export function createOciPrograms(archive: Uint8Array): Programs {
  const program = { cid: sha256(archive), load: async () => archive }
  const shell = (script: string, ...args: string[]): Program => ({
    program,
    args: ['busybox', 'sh', '-c', script, 'sh', ...args]
  })
  return {
    exitWith: code => shell(`exit ${code}`),
    abort: () => shell('kill -ABRT $$'),
    print: (content, stream) => shell(`printf %s "$1"${redirection[stream]}`, content),
    copyStdin: () => shell('busybox cat'),
    printArguments: args => shell('for arg in "$@"; do printf "%s\\0" "$arg"; done', ...args),
    printVariables: () => shell('busybox env -0'),
    printFiles: paths => shell('busybox cat "$@"', ...paths.map(path => `/input/${path}`)),
    writeFiles: files =>
      shell(
        `cd /output
        while [ $# -gt 0 ]; do
          busybox mkdir -p "$(busybox dirname "$1")"
          printf %s "$2" >"$1"
          shift 2
        done`,
        ...Object.entries(files).flat()
      ),
    printAndLoop: () => shell('printf on; while :; do :; done'),
    work: () => shell(`i=0; while [ $i -lt ${ROUNDS_OF_A_SECOND} ]; do i=$((i + 1)); done`),
    flood: (bytes, stream) => shell(`busybox head -c ${bytes} /dev/zero${redirection[stream]}`),
    writeOutput: bytes => shell(`busybox head -c ${bytes} /dev/zero >/output/file`),
    takeMemory: bytes =>
      shell(
        `busybox awk -v n=${Math.ceil(bytes / 2 ** 20)} 'BEGIN {
          b = "x"; for (i = 0; i < 20; i++) b = b b
          for (i = 0; i < n; i++) a[i] = b i
        }' && printf '${GOT_IT}'`
      ),
    fillDisk: bytes =>
      shell(`busybox head -c ${bytes} /dev/zero >/output/x && busybox rm /output/x && printf '${GOT_IT}'`),
    startProcesses: count =>
      shell(`i=0; while [ $i -lt ${count} ]; do busybox sleep 60 & i=$((i + 1)); done; printf '${GOT_IT}'`)
  }
}
