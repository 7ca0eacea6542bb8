import { rm } from 'node:fs/promises'
import { LevelDatastore } from 'datastore-level'
import type { NetworkInit } from './create-network.ts'

/** Where peers and what the DHT was told outlive the process. */
export interface PeerDatastore {
  readonly datastore: NonNullable<NetworkInit['datastore']>
  close(): Promise<void>
}

/**
 * Opens the folder, or makes it. What is in it can be had again from others, so a folder that a crash left unreadable is
 * emptied: it must not keep a peer from starting.
 *
 * @throws what the folder is wrong with; LEVEL_LOCKED as cause code while another process has it open
 */
export async function openPeerDatastore(location: string): Promise<PeerDatastore> {
  let datastore = new LevelDatastore(location)
  try {
    await datastore.open()
  } catch (err) {
    if (!isDamage(err)) throw err
    await rm(location, { recursive: true, force: true })
    datastore = new LevelDatastore(location)
    await datastore.open()
  }
  return { datastore, close: async () => datastore.close() }
}

function isDamage(err: unknown): boolean {
  for (let each = err; each instanceof Error; each = each.cause) {
    if ((each as { code?: string }).code === 'LEVEL_CORRUPTION') return true
    if (/corruption/i.test(each.message)) return true
  }
  return false
}
