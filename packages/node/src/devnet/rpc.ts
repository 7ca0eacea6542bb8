import { CodedError } from '@archipel/protocol'

const REQUEST_TIMEOUT_MS = 10_000

/** One JSON-RPC call of anvil's own kind: setting balances, moving the clock, … @throws CodedError E_RPC_DOWN */
export type Rpc = (method: string, params: readonly unknown[]) => Promise<unknown>

export function createRpc(url: string): Rpc {
  return async (method, params) => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS)
      })
      const answer = (await response.json()) as { result?: unknown; error?: { message?: string } }
      if (answer.error === undefined) return answer.result ?? null
      throw new Error(answer.error.message ?? 'refused')
    } catch (cause) {
      throw new CodedError('E_RPC_DOWN', `${url} did not do ${method}: ${(cause as Error).message}`, {
        facts: { url, method },
        cause
      })
    }
  }
}
