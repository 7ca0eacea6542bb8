import { statfs } from 'node:fs/promises'

/** Whether there is disk for more work: programs, inputs and outputs are kept on it. */
export interface DiskSpace {
  /** What the last look said; looks again in the background once that is a few seconds ago. */
  hasRoom(): boolean
  /** @throws what the file system answers */
  look(): Promise<void>
}

/** Below this a provider takes nothing new: its own books must always find room. */
export const FREE_BYTES_MIN = 2 ** 30
const LOOK_INTERVAL_MS = 5000

export interface DiskSpaceInit {
  directory: string
  freeBytesMin?: number
}

export function createDiskSpace({ directory, freeBytesMin = FREE_BYTES_MIN }: DiskSpaceInit): DiskSpace {
  let room = true
  let lookedAtMs = Number.NEGATIVE_INFINITY

  async function look(): Promise<void> {
    lookedAtMs = performance.now()
    const { bavail, bsize } = await statfs(directory)
    room = bavail * bsize >= freeBytesMin
  }

  return {
    look,
    hasRoom() {
      // A disk that does not even say how full it is takes nothing new either.
      if (performance.now() - lookedAtMs > LOOK_INTERVAL_MS) {
        look().catch(() => {
          room = false
        })
      }
      return room
    }
  }
}
