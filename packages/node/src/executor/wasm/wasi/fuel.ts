import { ProgramFault } from './stop.ts'

/** What a metered program has left. Its code takes from the tank by itself; host calls take through this. */
export interface FuelTank {
  /** Fills the tank that the program's code draws on. Must be called before the program runs. */
  connect(tank: WebAssembly.Global<'i64'>): void
  /** Throws ProgramFault E_FUEL where too little is left, now or since before. */
  spend(fuel: number): void
  /** Throws ProgramFault E_FUEL where the program has run out of it. */
  requireSome(): void
  /** At most what there was. */
  used(): number
}

/** What host calls cost, in instructions of ordinary programs, roughly. */
export const FUEL = {
  /** Any call: in and out of the program, checks of its arguments. */
  call: 200,
  /** A byte that is read, written, hashed or compared. */
  byte: 1,
  /** A buffer, subscription, string or entry of a directory that is looked at. */
  item: 50
} as const

export function createFuelTank(fuelMax: number): FuelTank {
  const full = BigInt(fuelMax)
  let tank: WebAssembly.Global<'i64'> | undefined
  const left = () => tank?.value ?? full

  function requireSome(): void {
    if (left() < 0n) throw new ProgramFault('E_FUEL', 'the program used up its fuel', { fuelMax })
  }

  return {
    connect: exported => {
      tank = exported
      tank.value = full
    },
    spend: fuel => {
      if (tank !== undefined) tank.value -= BigInt(fuel)
      requireSome()
    },
    requireSome,
    used: () => {
      const rest = left()
      return rest < 0n ? fuelMax : Number(full - rest)
    }
  }
}
