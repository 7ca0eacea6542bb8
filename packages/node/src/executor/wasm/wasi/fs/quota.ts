import { ProgramFault } from '../stop.ts'

export interface DiskQuota {
  /** Ends the job with E_DISK_LIMIT when fewer than `count` bytes are left. */
  takeBytes(count: number): void
  giveBytes(count: number): void
  /** Ends the job with E_DISK_LIMIT when no file or directory more may exist. */
  takeInode(): void
  giveInode(): void
  usedBytes(): number
}

/** Counts file content (holes included) and inodes against a job's limits. */
export function createDiskQuota(bytesMax: number, inodesMax: number): DiskQuota {
  let bytes = 0
  let inodes = 0
  return {
    takeBytes: count => {
      if (bytes + count > bytesMax) {
        throw new ProgramFault('E_DISK_LIMIT', 'the program used up its disk', { diskBytesMax: bytesMax })
      }
      bytes += count
    },
    giveBytes: count => {
      bytes -= count
    },
    takeInode: () => {
      if (inodes + 1 > inodesMax) {
        throw new ProgramFault('E_DISK_LIMIT', 'the program made too many files', { inodesMax })
      }
      inodes++
    },
    giveInode: () => {
      inodes--
    },
    usedBytes: () => bytes
  }
}
