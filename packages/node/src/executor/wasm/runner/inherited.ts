import { closeSync, fstatSync } from 'node:fs'

/**
 * Closes files that the parent had open when it started us: Node's own are closed by the system, but not those of native
 * libraries, such as the node's database.
 *
 * @param list `descriptor:device:inode`, separated by commas; a descriptor that is another file here is our own
 */
export function closeInherited(list: string | undefined): void {
  for (const text of (list ?? '').split(',')) {
    const [fd, dev, ino] = text.split(':').map(Number)
    if (fd === undefined || !Number.isSafeInteger(fd) || fd < 3) continue
    try {
      const stats = fstatSync(fd)
      if (stats.dev === dev && stats.ino === ino) closeSync(fd)
    } catch {
      // Closed already.
    }
  }
}
