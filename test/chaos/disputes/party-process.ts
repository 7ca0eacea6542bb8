/**
 * One party's look at its cases, in a process of its own that may be killed at any moment: `node party-process.ts
 * '<json of PartyOrders>'`.
 */
import { fromHex } from '@archipel/protocol'
import { openBuyer, openProvider } from '../../fixtures/dispute-parties.ts'
import { type PartyOrders, settingsOf } from './orders.ts'

const { role, owner, privateKey, settings, ...rest } = JSON.parse(String(process.argv[2])) as PartyOrders
const init = { ...rest, privateKey: fromHex(privateKey), settings: settingsOf(settings) }

if (role === 'provider') {
  const provider = await openProvider({ ...init, owner })
  await provider.disputes.look()
  await provider.close()
} else {
  const buyer = await openBuyer(init)
  await buyer.disputes.run()
  await buyer.close()
}
process.exit(0)
