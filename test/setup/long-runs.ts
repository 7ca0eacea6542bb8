import { configureGlobal } from 'fast-check'

// Properties that name their own number of runs keep it.
configureGlobal({ numRuns: 10_000, interruptAfterTimeLimit: 5 * 60_000 })
