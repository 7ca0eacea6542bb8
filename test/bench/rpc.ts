import type { NetworkDescriptor } from '@archipel/client'

/** One question to the bench's own chain, for what only a test chain answers. */
export async function rpc(
  { rpcUrls }: NetworkDescriptor,
  method: string,
  params: readonly unknown[]
): Promise<unknown> {
  const response = await fetch(String(rpcUrls[0]), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(10_000)
  })
  const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } }
  if (error !== undefined) throw new Error(`${method}: ${error.message}`)
  return result
}
