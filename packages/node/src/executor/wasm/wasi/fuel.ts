import { ProgramFault } from './stop.ts'

/** What a metered program has left. Its code takes from the tank by itself; host calls take through this. */
export interface FuelTank {
  /** Fills the tank that the program's code draws on. Must be called before the program runs. */
  connect(tank: WebAssembly.Global<'i64'>): void
  /** Throws ProgramFault E_FUEL where too little is left, now or since before. */
  spend(fuel: number): void
  /** Puts fuel in where the tank is empty; throws ProgramFault E_FUEL where there is no more. */
  refill(): void
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

/** The tank is filled with so much at a time, so that somebody hears of the progress: a fraction of a second's work. */
const FILLING = 200_000_000n

/** `onRefill` is told what was used each time that the tank is filled again. */
export function createFuelTank(fuelMax: number, onRefill: (used: number) => void): FuelTank {
  const full = BigInt(fuelMax)
  let reserve = full
  let tank: WebAssembly.Global<'i64'> | undefined

  function left(): bigint {
    return reserve + (tank?.value ?? 0n)
  }

  function used(): number {
    return left() < 0n ? fuelMax : Number(full - left())
  }

  function fill(into: WebAssembly.Global<'i64'>): void {
    const missing = FILLING - into.value
    const filling = missing < reserve ? missing : reserve
    into.value += filling
    reserve -= filling
  }

  function refill(): void {
    if (tank === undefined || tank.value >= 0n) return
    fill(tank)
    if (tank.value < 0n) throw new ProgramFault('E_FUEL', 'the program used up its fuel', { fuelMax })
    onRefill(used())
  }

  return {
    connect: exported => {
      tank = exported
      tank.value = 0n
      fill(tank)
    },
    spend: fuel => {
      if (tank !== undefined) tank.value -= BigInt(fuel)
      refill()
    },
    refill,
    used
  }
}
