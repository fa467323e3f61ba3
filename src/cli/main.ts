/** @file Entry of the command line: finds the command, reads its words, runs it, and turns whatever goes wrong into a message and a status. */
import manifest from '../../package.json' with { type: 'json' };
import { suggest } from '../compiler/diagnostics/did-you-mean.ts';
import { COMMANDS } from './commands.ts';
import { EXIT } from './exit-codes.ts';
import { commandHelp, generalHelp } from './help.ts';
import { COMMON_OPTIONS } from './option.ts';
import { parseArguments } from './parse-arguments.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Called by bin/metac.js with the words after `metac`. */
export async function start(words: readonly string[]): Promise<void> {
  const terminal = processTerminal();
  let readerLeft = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        if (stream === process.stdout) process.stderr.write(`error: standard output cannot be written: ${error.message}\n`);
        process.exit(EXIT.wrongUsage);
      }
      // The reader left (`metac explain f.meta | head`): nothing is wrong, and there is nothing more to do. What trains is interrupted as by
      // Ctrl-C: it writes its checkpoint, and says so by its status.
      if (process.listenerCount('SIGINT') === 0) process.exit(EXIT.ok);
      if (!readerLeft) process.emit('SIGINT');
      readerLeft = true;
    });
  }
  process.exitCode = await main(words, terminal);
}

/** Returns the exit status. */
export async function main(words: readonly string[], terminal: Terminal): Promise<number> {
  const debug = words.includes('--debug');
  const json = words.includes('--json');
  try {
    return await dispatch(words, terminal);
  } catch (error) {
    const { reportFailure } = await import('./failures.ts');
    return reportFailure(error, { debug, json, terminal, version: manifest.version });
  }
}

async function dispatch(words: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = words;
  if (first === undefined || first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    const text = generalHelp(COMMANDS, manifest.version, first === undefined ? terminal.errorStyle : terminal.outStyle);
    // Asked for, it is a result; else it is the answer to a mistake.
    if (first === undefined) terminal.error(text);
    else terminal.out(text);
    return first === undefined ? EXIT.wrongUsage : EXIT.ok;
  }
  if (first === '--version' || first === '-v') {
    terminal.out(`${manifest.version}\n`);
    return EXIT.ok;
  }
  if (first === 'help') return dispatch([...rest.slice(0, 1), '--help'], terminal);
  const command = COMMANDS.find((candidate) => candidate.name === first);
  if (command === undefined) throw unknownCommand(first);
  const given = parseArguments(rest, [...command.options, ...COMMON_OPTIONS], command.positionals, `metac ${command.name} --help`);
  if (given.flag('help')) {
    terminal.out(commandHelp(command, terminal.outStyle));
    return EXIT.ok;
  }
  const { run } = await command.load();
  return run(given, terminal);
}

function unknownCommand(word: string): UsageError {
  if (word.startsWith('-')) return new UsageError(`there is no option \`${word}\``, '`metac --help` lists commands and options');
  if (word.endsWith('.meta'))
    return new UsageError(`\`${word}\` is a spec, not a command`, `write \`metac train ${word}\` or \`metac check ${word}\``);
  const near = suggest(
    word,
    COMMANDS.map((command) => command.name),
  );
  return new UsageError(
    `there is no command \`${word}\``,
    near === undefined ? '`metac --help` lists the commands' : `did you mean \`metac ${near}\`?`,
  );
}
