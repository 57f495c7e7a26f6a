import { usage, type Register } from './command.ts'
import { openStage } from './demo/stage.ts'
import { tellStory } from './demo/story.ts'

/** Shows the whole service on sample data, in a folder that goes away. */
export const registerDemo: Register = (program, context) => {
  program
    .command('demo')
    .summary('see it work: sample data, two listeners, live deliveries')
    .description(
      'Starts the service in a throw-away folder on free ports, with a sample retailer and a receiver, and changes\n' +
        'rows for a while. At the end the receiver must hold what the tables hold: exit code 0 if so, 1 if not.',
    )
    .option('--seconds <number>', 'how long rows are changed, 1 to 86400', '30')
    .action(async ({ seconds }: { seconds: string }) => {
      const lasting = /^\d+$/.test(seconds) ? Number(seconds) : 0
      if (lasting < 1 || lasting > 86_400) throw usage(`--seconds must be from 1 to 86400: ${seconds}`)
      try {
        await using stage = await openStage(context)
        await tellStory(stage, {
          seconds: lasting,
          signal: context.signal,
          print: (line) => context.print(line),
        })
      } catch (error) {
        // Whatever a Ctrl-C broke off is no failure: everything has been taken down by now.
        if (!context.signal.aborted) throw error
      }
    })
}
