import { z } from 'zod'

/** Name of a key file, without its ending. */
export const walletNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be lower-case letters, digits, dashes and underscores, at most 64')
