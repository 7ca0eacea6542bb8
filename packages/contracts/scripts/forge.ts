/** `node scripts/forge.ts <forge arguments>`: forge with this package's compiler, wherever npm put both. */
import { runForge } from './foundry.ts'

process.exitCode = await runForge(process.argv.slice(2))
