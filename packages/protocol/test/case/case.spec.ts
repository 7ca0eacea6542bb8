import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import {
  type AgreementId,
  answerChunk,
  CASE_ROUNDS_MAX,
  type ChannelId,
  caseId,
  caseTruth,
  commitmentOfRoot,
  commitToData,
  DATA_CHUNK_BYTES,
  fromHex,
  type Hash,
  isIncluded,
  keccak,
  secretChain,
  toHex,
  voteCommitment,
  ZERO_HASH
} from '../../src/index.ts'

interface Row {
  name: string
  channel: ChannelId
  agreement: AgreementId
  claimId: Hash
  faultId: Hash
  result: Hash
  dataRoot: Hash
  dataChunks: number | string
  truth: Hash
  seed: Hash
  anchor: Hash
  secrets: Hash[]
  juror: Hash
  salt: Hash
  commitment: Hash
}

const file = JSON.parse(readFileSync(new URL('../../vectors/case.json', import.meta.url), 'utf8')) as { cases: Row[] }

it.each(file.cases.map(row => [row.name, row] as const))('golden vector: %s', (_, row) => {
  const id = caseId(row.channel, row.agreement, 'claim')
  expect(id).toBe(row.claimId)
  expect(caseId(row.channel, row.agreement, 'fault')).toBe(row.faultId)
  expect(caseTruth(row.result, row.dataRoot, Number(row.dataChunks))).toBe(row.truth)
  expect(secretChain(row.seed)).toEqual({ anchor: row.anchor, secrets: row.secrets })
  const vote = { id, round: 2, juror: row.juror, seat: 70_000, truth: row.truth, salt: row.salt }
  expect(voteCommitment(vote)).toBe(row.commitment)
  expect(voteCommitment({ ...vote, round: 1 })).not.toBe(row.commitment)
  expect(voteCommitment({ ...vote, seat: 70_001 })).not.toBe(row.commitment)
})

it('chains a secret for each round, the first of which hashes to the anchor', () => {
  const { anchor, secrets } = secretChain(toHex(keccak(new Uint8Array(0))))
  expect(secrets).toHaveLength(CASE_ROUNDS_MAX)
  const chain = [anchor, ...secrets]
  for (const [index, secret] of secrets.entries()) {
    expect(toHex(keccak(fromHex(secret, 32)))).toBe(chain[index])
  }
})

it.each([1, 1023, 1024, 1025, 4096, 7000])('proves each chunk of %i bytes, and no other', sizeBytes => {
  const data = Uint8Array.from({ length: sizeBytes }, (_, index) => index % 251)
  const { root, chunks } = commitToData(data)
  expect(chunks).toBe(Math.ceil(sizeBytes / DATA_CHUNK_BYTES))
  for (let index = 0; index < chunks; index++) {
    const { chunk, proof } = answerChunk(data, index)
    const commitment = commitmentOfRoot(chunks, root)
    expect(isIncluded(toHex(keccak(Uint8Array.of(0), chunk)), proof, commitment)).toBe(true)
    expect(isIncluded(toHex(keccak(Uint8Array.of(0), chunk, chunk)), proof, commitment)).toBe(false)
  }
  expect(() => answerChunk(data, chunks)).toThrow(expect.objectContaining({ code: 'E_NO_SUCH_RECEIPT' }))
})

it('commits to no data with zeros', () => {
  expect(commitToData(new Uint8Array(0))).toEqual({ root: ZERO_HASH, chunks: 0 })
})
