import { type NetworkDescriptor, OFFER_SHARDS_MAX } from '@archipel/client'
import { type Address, CodedError, LABEL_BYTES_MAX, MULTIADDR_BYTES_MAX } from '@archipel/protocol'
import { z } from 'zod'
import { parseDocumentText, readDocument } from './document.ts'
import { BOOTSTRAP_MAX, CONFIRMATIONS_MAX, RPC_URLS_MAX } from './limits.ts'
import { writePrivateFile } from './private-file.ts'

export const addressSchema = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address: 0x and 40 hex digits')
  .transform(text => text.toLowerCase() as Address)

export const rpcUrlsSchema = z
  .array(z.url({ protocol: /^(?:https?|wss?)$/, error: 'must be an http(s) or ws(s) URL' }))
  .min(1)
  .max(RPC_URLS_MAX)

export const multiaddrSchema = z.string().max(MULTIADDR_BYTES_MAX).regex(/^\//, 'must be a multiaddr such as /ip4/…')

/** Part of protocol ids and folder names. */
export const networkNameSchema = z
  .string()
  .max(LABEL_BYTES_MAX)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes')

const descriptorSchema = z.strictObject({
  name: networkNameSchema,
  chainId: z.int().positive(),
  rpcUrls: rpcUrlsSchema,
  escrow: addressSchema,
  bonds: addressSchema.optional(),
  uptime: addressSchema.optional(),
  credentials: addressSchema.optional(),
  court: addressSchema.optional(),
  token: addressSchema,
  deployedAt: z.int().nonnegative(),
  confirmations: z.int().min(1).max(CONFIRMATIONS_MAX).optional(),
  headAgeSecMax: z.int().positive().optional(),
  offerShards: z.int().min(1).max(OFFER_SHARDS_MAX).optional(),
  unbondedOffers: z.boolean().optional(),
  bootstrap: z.array(multiaddrSchema).max(BOOTSTRAP_MAX),
  allowPrivateAddresses: z.boolean()
})

const INIT = { schema: descriptorSchema, code: 'E_NETWORK_INVALID' }

/** @throws CodedError E_NETWORK_INVALID, E_NO_NETWORK */
export async function readDescriptor(file: string, network: string): Promise<NetworkDescriptor> {
  try {
    return await readDocument(file, INIT)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err
    throw new CodedError('E_NO_NETWORK', `nothing is known of the network ${network}: there is no ${file}`, {
      facts: { network, file },
      hint:
        network === 'devnet'
          ? 'archipel devnet up starts a network on this machine'
          : `put the network's descriptor there, or archipel devnet up starts one on this machine`
    })
  }
}

/** @throws CodedError E_NETWORK_INVALID: what would not be read is not written */
export async function writeDescriptor(file: string, descriptor: NetworkDescriptor): Promise<void> {
  const text = `${JSON.stringify(descriptor, null, 2)}\n`
  parseDocumentText(text, file, INIT)
  await writePrivateFile(file, text, { mode: 0o644 })
}
