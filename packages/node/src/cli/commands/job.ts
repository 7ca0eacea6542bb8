import type { Command } from 'commander'
import { EXIT } from '../errors/exit-codes.ts'
import { addWalletFlags } from '../flags.ts'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  const job = program.command('job').description('Jobs that were run from here; an id may be shortened to its start')

  job
    .command('ls')
    .description('list them, newest first')
    .option('--limit <number>', 'how many', '50')
    .action(host.action(async () => (await import('../actions/job-ls.ts')).listJobs))

  job
    .command('describe')
    .argument('<job>', 'id of a job')
    .description('all about one: operators, results, money')
    .action(host.action(async () => (await import('../actions/job-describe.ts')).describeJob))

  job
    .command('logs')
    .argument('<job>', 'id of a job')
    .description('what the program printed')
    .action(host.action(async () => (await import('../actions/job-logs.ts')).showLogs))

  addWalletFlags(job.command('result'))
    .argument('<job>', 'id of a job')
    .description('take it up where it was left, pay what is due, bring its output here')
    .option('--output <folder>', 'where to put the files it left in /output; new or empty')
    .option('--force', 'write among the files of an output folder that is not empty')
    .action(
      host.action(async () => (await import('../actions/job-result.ts')).bringResult, {
        failureExitCode: EXIT.runFailed
      })
    )

  job
    .command('receipt')
    .argument('<id>', 'id of a job or of one of its agreements')
    .description('everything an auditor needs besides the chain, as JSON')
    .option('--output <path>', 'file for one agreement, folder for all of a job')
    .action(host.action(async () => (await import('../actions/job-receipt.ts')).writeReceipts))
}
