/** What one import, export or fetch may amount to. */
export interface ContentLimits {
  /** Files and directories. */
  files: number
  /** Bytes of all files. */
  bytes: number
}

/** Ten times the largest program and source tree tried; callers that know better pass less. */
export const CONTENT_LIMITS: ContentLimits = { files: 100_000, bytes: 4 * 1024 ** 3 }
