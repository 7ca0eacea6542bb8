import { balanceOf, type FaultRecord, type NetworkFaultsInit, stateOf } from '@archipel/client'
import { type Address, equivocator, isCodedError } from '@archipel/protocol'
import type { Logger } from '../log.ts'

/** Tells an operator of other providers that contradicted themselves: a line for each change, and none twice. */
export function createFaultLog(log: Logger, me: Address): Pick<NetworkFaultsInit, 'onChange' | 'onOwnKey' | 'onError'> {
  return {
    onChange(fault) {
      const { compensation, reward, feeWei } = balanceOf(fault, me)
      const { id, proof, passed } = fault
      const state = stateOf(fault, me)
      const facts = { fault: id, provider: equivocator(proof), statements: proof.kind, state, why: passed }
      if (state === 'reported' || state === 'compensated') {
        log.info({ ...facts, reward, compensation, feeWei, transaction: lastOf(fault, me) }, 'reported a provider')
      } else log.info(facts, 'a provider contradicted itself')
    },
    onOwnKey({ proof }) {
      log.error(
        { statements: proof.kind },
        "this node's own key signed two contradicting statements: somebody else uses it, or an old copy of its folder. Its bond pays for each"
      )
    },
    onError(err) {
      const reason = isCodedError(err) ? { code: err.code, message: err.message } : { err }
      log.warn(reason, 'could not look at the fault of another provider; it is tried again')
    }
  }
}

/** Our own newest transaction about it. */
function lastOf({ slashes }: FaultRecord, me: Address): string | undefined {
  return slashes.findLast(({ reporter }) => reporter === me)?.transaction
}
