/** Times of a file or directory, nanoseconds since 1970 on the virtual clock. */
export interface NodeTimes {
  accessedNs: bigint
  modifiedNs: bigint
  changedNs: bigint
}

export interface FileNode extends NodeTimes {
  readonly kind: 'file'
  readonly inode: bigint
  /** Room for the content; bytes from `sizeBytes` on are zero. */
  room: Uint8Array
  sizeBytes: number
  /** False once unlinked; the content lives until the last descriptor closes. */
  linked: boolean
  /** Open descriptors. */
  opens: number
}

export interface DirectoryNode extends NodeTimes {
  readonly kind: 'directory'
  readonly inode: bigint
  readonly entries: Map<string, FsNode>
  parent: DirectoryNode | undefined
  /** False once removed: nothing can be created in it any more. */
  linked: boolean
  /** Names in order, made when asked for and dropped when the entries change. */
  sorted: readonly string[] | undefined
}

export type FsNode = FileNode | DirectoryNode

/** The content of a file, without a copy. */
export function fileContent(file: FileNode): Uint8Array {
  return file.room.subarray(0, file.sizeBytes)
}
