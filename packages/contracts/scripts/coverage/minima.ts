/** How much of one source file the tests reach. */
export interface Coverage {
  readonly file: string
  readonly lines: Share
  readonly branches: Share
}

interface Share {
  readonly hit: number
  readonly all: number
}

/** Contracts with all that they are made of, and the least share of their lines and of their branches, percent. */
const MINIMA: readonly (readonly [contract: string, files: RegExp, percent: number])[] = [
  [
    'Escrow',
    /^src\/(?:Escrow\.sol$|escrow\/|libraries\/(?:AccountSignatures|Signatures|VoucherBatch|Vouchers)\.sol$)/,
    100
  ],
  ['Bonds', /^src\/Bonds\.sol$/, 100],
  ['Uptime', /^src\/Uptime\.sol$/, 95],
  ['Court', /^src\/(?:Court\.sol$|court\/|libraries\/(?:Ballots|BlockHashes|Rules)\.sol$)/, 95],
  ['Credentials', /^src\/Credentials\.sol$/, 95]
]

/** The rows of forge's table: `| src/Bonds.sol | 100.00% (9/9) | statements | branches | functions |`. */
export function readCoverage(summary: string): Coverage[] {
  return summary.split('\n').flatMap(row => {
    const [, file, lines, , branches] = row.split('|').map(cell => cell.trim())
    if (file === undefined || !file.endsWith('.sol') || lines === undefined || branches === undefined) return []
    return [{ file, lines: shareOf(lines), branches: shareOf(branches) }]
  })
}

/** What falls short, a sentence each. A contract of which nothing was measured does. */
export function shortcomings(coverage: readonly Coverage[]): string[] {
  return MINIMA.flatMap(([contract, files, percentMin]) => {
    const parts = coverage.filter(({ file }) => files.test(file))
    return (['lines', 'branches'] as const).flatMap(kind => {
      const { hit, all } = parts.map(part => part[kind]).reduce(sum, { hit: 0, all: 0 })
      if (all > 0 && 100 * hit >= percentMin * all) return []
      const short = parts.filter(part => part[kind].hit < part[kind].all).map(({ file }) => file)
      return [`${contract}: ${hit} of ${all} ${kind} are reached, less than ${percentMin} %: see ${short.join(', ')}`]
    })
  })
}

function shareOf(cell: string): Share {
  const [, hit, all] = /\((\d+)\/(\d+)\)/.exec(cell) ?? []
  return { hit: Number(hit ?? 0), all: Number(all ?? 0) }
}

function sum(a: Share, b: Share): Share {
  return { hit: a.hit + b.hit, all: a.all + b.all }
}
