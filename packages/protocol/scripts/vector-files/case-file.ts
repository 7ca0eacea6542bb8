import { caseId, caseTruth, voteCommitment } from '../../src/case/case.ts'
import { answerChunk, commitToData } from '../../src/case/data-tree.ts'
import { secretChain } from '../../src/case/secrets.ts'
import { keccak } from '../../src/primitives/bytes.ts'
import { type AgreementId, type ChannelId, type Hash, toHex } from '../../src/primitives/hex.ts'

/** Bytes of output: none, a few, a chunk, one more, and an odd number of chunks. */
const SIZES = [0, 5, 1024, 1025, 5000]

/** Cases, votes, secrets and data as the court's contract computes them. */
export function caseFile(): object {
  const cases = SIZES.map(sizeBytes => {
    const name = `${sizeBytes} bytes of output`
    const channel = word(`${name}, channel`) as ChannelId
    const agreement = word(`${name}, agreement`) as AgreementId
    const data = Uint8Array.from({ length: sizeBytes }, (_, index) => (index * 7 + sizeBytes) % 256)
    const { root, chunks } = commitToData(data)
    const result = word(`${name}, result`)
    const truth = caseTruth(result, root, chunks)
    const seed = word(`${name}, seed`)
    const id = caseId(channel, agreement, 'claim')
    const juror = word(`${name}, juror`).slice(0, 42) as Hash
    const salt = word(`${name}, salt`)
    const asked = Math.max(0, chunks - 1)
    const { chunk, proof } = chunks === 0 ? { chunk: new Uint8Array(0), proof: { path: [] } } : answerChunk(data, asked)
    return {
      name,
      channel,
      agreement,
      claimId: id,
      faultId: caseId(channel, agreement, 'fault'),
      result,
      dataRoot: root,
      dataChunks: chunks,
      asked,
      chunk: toHex(chunk),
      path: proof.path,
      truth,
      seed,
      ...secretChain(seed),
      round: 2,
      juror,
      seat: 70_000,
      salt,
      commitment: voteCommitment({ id, round: 2, juror, seat: 70_000, truth, salt })
    }
  })
  return { count: cases.length, cases }
}

function word(text: string): Hash {
  return toHex(keccak(new TextEncoder().encode(text)))
}
