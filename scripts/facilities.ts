import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Things a machine may lack. A test that needs one asks for it with {@link requireFacility}. */
export type FacilityName = keyof typeof PROBES

export type Facility = { available: true } | { available: false; reason: string }

const PROBE_TIMEOUT_MS = 30_000
/** Tens of megabytes from wherever the machine has its packages from. */
const FETCH_TIMEOUT_MS = 5 * 60_000
const CGROUP_PROBE = fileURLToPath(new URL('../packages/node/test/executor/make-groups.ts', import.meta.url))
const FETCH_PROBE = fileURLToPath(new URL('../test/programs/fetch.ts', import.meta.url))
const NAMESPACE_PROBE =
  'name=archipel-probe-$$; ip netns add $name && ip netns exec $name nft add table ip probe; ' +
  'status=$?; ip netns delete $name; exit $status'

const PROBES = {
  /** Namespaces may be forbidden although the program is installed, so a sandbox is really made. */
  bubblewrap: () =>
    probeCommand(
      'bwrap',
      ['--unshare-all', '--die-with-parent', '--ro-bind', '/', '/', 'true'],
      'apt-get install bubblewrap'
    ),
  /** The node may have none although the system has them, so one is really made. */
  cgroup: () =>
    probeCommand(process.execPath, ['--no-warnings', CGROUP_PROBE], 'start as root, or in a delegated group'),
  /** A container engine of the tests' own, which only root may start; its images are made of one static program. */
  docker: () =>
    process.getuid?.() === 0
      ? probeCommands(['dockerd', 'busybox'], 'apt-get install docker.io busybox-static')
      : { available: false, reason: 'only root may start a container engine' },
  gvisor: () => probeCommands(['runsc'], 'apt-get install runsc'),
  'docker-registry': () => probeCommands(['docker-registry'], 'apt-get install docker-registry'),
  /** Networks of the tests' own, with routers that translate addresses: both are really made. */
  namespaces: () => probeCommand('sh', ['-c', NAMESPACE_PROBE], 'apt-get install iproute2 nftables, and as root'),
  /** A compiler for WASI, and Debian's sources to compile: something is really linked, and they are really fetched. */
  'wasi-programs': () => probeWasiPrograms()
} as const

const known = new Map<FacilityName, Facility>()

/** Looks once per process. */
export function probeFacility(name: FacilityName): Facility {
  const facility = known.get(name) ?? PROBES[name]()
  known.set(name, facility)
  return facility
}

/**
 * Whether tests that need `name` can run here: `describe.skipIf(!requireFacility('bubblewrap'))`. Prints the reason when
 * they cannot.
 *
 * @throws when they cannot although `ARCHIPEL_REQUIRE` is `all` or lists the name: a machine meant to have it lost it
 */
export function requireFacility(name: FacilityName, required = process.env.ARCHIPEL_REQUIRE ?? ''): boolean {
  const facility = probeFacility(name)
  if (facility.available) return true
  if (required === 'all' || required.split(',').includes(name)) {
    throw new Error(`${name} is required but missing: ${facility.reason}`)
  }
  console.warn(`skipped: no ${name}: ${facility.reason}`)
  return false
}

function probeWasiPrograms(): Facility {
  const hint = 'apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32 dpkg-dev make tcl'
  const linked = [
    '--target=wasm32-wasi',
    '--sysroot=/usr',
    '-mexec-model=reactor',
    '-xc',
    '/dev/null',
    '-o',
    '/dev/null'
  ]
  const probes = [
    () => probeCommands(['apt-get', 'dpkg-source', 'make', 'tclsh'], hint),
    () => probeCommand('clang', linked, hint),
    () => probeCommand(process.execPath, ['--no-warnings', FETCH_PROBE], 'apt-get update', FETCH_TIMEOUT_MS)
  ]
  for (const probe of probes) {
    const facility = probe()
    if (!facility.available) return facility
  }
  return { available: true }
}

/** Whether they are installed. */
function probeCommands(commands: readonly string[], hint: string): Facility {
  const missing = commands.find(command => !probeCommand('which', [command], hint).available)
  return missing === undefined ? { available: true } : { available: false, reason: `no ${missing} (${hint})` }
}

function probeCommand(command: string, args: readonly string[], hint: string, timeoutMs = PROBE_TIMEOUT_MS): Facility {
  const { status, error, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: timeoutMs
  })
  if (status === 0) return { available: true }
  return { available: false, reason: `${error?.message ?? stderr.trim()} (${hint})` }
}
