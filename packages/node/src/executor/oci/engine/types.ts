/** What we read and write of the Docker Engine API, in its own spelling. */

export type Labels = Readonly<Record<string, string>>

export interface EngineInfo {
  OSType: string
  Architecture: string
  NCPU: number
  Runtimes: Record<string, unknown>
  SecurityOptions: string[] | null
  MemoryLimit: boolean
  PidsLimit: boolean
  CpuCfsQuota: boolean
}

export interface ContainerSpec {
  Image: string
  Cmd?: readonly string[]
  Env?: readonly string[]
  User?: string
  Hostname?: string
  Labels: Labels
  AttachStdin?: boolean
  AttachStdout?: boolean
  AttachStderr?: boolean
  OpenStdin?: boolean
  StdinOnce?: boolean
  NetworkDisabled?: boolean
  Healthcheck?: { Test: readonly string[] }
  HostConfig: HostConfig
}

export interface HostConfig {
  NetworkMode: 'none'
  Mounts: readonly MountSpec[]
  Runtime?: string
  ReadonlyRootfs?: boolean
  CapDrop?: readonly string[]
  SecurityOpt?: readonly string[]
  IpcMode?: string
  Init?: boolean
  PidsLimit?: number
  Memory?: number
  MemorySwap?: number
  NanoCpus?: number
  ShmSize?: number
  OomScoreAdj?: number
  Ulimits?: readonly { Name: string; Soft: number; Hard: number }[]
  Tmpfs?: Readonly<Record<string, string>>
  LogConfig?: { Type: string }
  DeviceRequests?: readonly { Count: number; Capabilities: readonly (readonly string[])[] }[]
}

export interface MountSpec {
  Type: 'volume' | 'tmpfs'
  Source?: string
  Target: string
  ReadOnly?: boolean
  VolumeOptions?: { NoCopy: boolean }
  TmpfsOptions?: { SizeBytes: number; Mode: number }
}

export interface MountPoint {
  Type: string
  Name?: string
  Destination: string
}

export interface VolumeSpec {
  Name: string
  Driver: 'local'
  DriverOpts?: Readonly<Record<string, string>>
  Labels: Labels
}

export interface ContainerState {
  Status: string
  ExitCode: number
  OOMKilled: boolean
  Error: string
}

/** Empty where the container does not run. */
export interface ContainerStats {
  cpu_stats?: { cpu_usage?: { total_usage?: number } }
  /** `max_usage` is told by cgroups of version 1 alone. */
  memory_stats?: { usage?: number; max_usage?: number }
}

export interface ImageDetails {
  Id: string
  Os: string
  Architecture: string
  Size: number
  RepoDigests: string[] | null
  Config: { Volumes?: Record<string, unknown> | null } | null
}
