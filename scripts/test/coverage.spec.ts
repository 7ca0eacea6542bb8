import { describe, expect, it } from 'vitest'
import { readCoverage, shortcomings } from '../../packages/contracts/scripts/coverage/minima.ts'

const row = (file: string, lines: string, branches: string) =>
  `| ${file} | 1.00% (${lines}) | 0.00% (0/7) | 3.00% (${branches}) | 0.00% (0/5) |`

const GOOD = [
  '| File | % Lines | % Statements | % Branches | % Funcs |',
  row('src/Escrow.sol', '0/0', '0/0'),
  row('src/escrow/EscrowOrders.sol', '30/30', '4/4'),
  row('src/Bonds.sol', '90/90', '20/20'),
  row('src/Uptime.sol', '95/100', '19/20'),
  row('src/libraries/Quorums.sol', '1/9', '0/9'),
  row('src/court/CourtSeats.sol', '19/20', '9/9'),
  row('src/libraries/Ballots.sol', '0/0', '10/11'),
  row('src/Credentials.sol', '20/20', '4/4')
]

describe('the coverage that we promise', () => {
  it('is read from the table of forge, contract by contract, with what each is made of', () => {
    expect(readCoverage(GOOD.join('\n')).at(1)).toEqual({
      file: 'src/escrow/EscrowOrders.sol',
      lines: { hit: 30, all: 30 },
      branches: { hit: 4, all: 4 }
    })
    expect(shortcomings(readCoverage(GOOD.join('\n')))).toEqual([])
  })

  it('is missed by one line of the escrow, and by a branch too many of the rest', () => {
    const [short, ...rest] = shortcomings(
      readCoverage(
        [...GOOD, row('src/escrow/EscrowLedger.sol', '9/10', '1/1'), row('src/Uptime.sol', '0/0', '0/1')].join('\n')
      )
    )
    expect(short).toBe('Escrow: 39 of 40 lines are reached, less than 100 %: see src/escrow/EscrowLedger.sol')
    expect(rest).toEqual(['Uptime: 19 of 21 branches are reached, less than 95 %: see src/Uptime.sol, src/Uptime.sol'])
  })

  it('is missed by contracts that nobody measured', () => {
    expect(shortcomings([])).toHaveLength(10)
  })
})
