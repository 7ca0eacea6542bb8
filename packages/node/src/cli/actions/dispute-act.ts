import type { DisputeSummary } from '@archipel/client'
import { withClient } from '../client.ts'
import type { Invocation } from '../host.ts'
import { commandId } from '../run/words.ts'

/** One look at every open case of the buyer: what is due is done, and told as it happens. */
export async function actOnDisputes({ context }: Invocation<object>): Promise<undefined> {
  const { output, signal } = context
  const cases = await withClient(context, client => client.lookAtDisputes({ signal }))
  await output.answer({
    json: { cases: cases.map(({ id, phase, spentWei }) => ({ id, phase, spentWei })) },
    names: () => cases.map(({ id }) => id),
    human: () => (cases.length === 0 ? 'No open cases.' : cases.map(lineOf).join('\n'))
  })
}

function lineOf({ id, phase }: DisputeSummary): string {
  return `${commandId(id)} ${phase}`
}
