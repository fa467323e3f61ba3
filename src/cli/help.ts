/** @file The help of metac and of each command, printed from their declarations. */
import type { CommandSpec } from './command.ts';
import { EXIT_MEANINGS } from './exit-codes.ts';
import { COMMON_OPTIONS, optionUsage } from './option.ts';
import { columns } from './table.ts';
import type { Style } from './terminal.ts';

export function generalHelp(commands: readonly CommandSpec[], version: string, style: Style): string {
  return [
    `metac ${version}: a declarative language for meta-learning`,
    '',
    `${style.bold('Usage')}  metac COMMAND [options]`,
    '',
    style.bold('Commands'),
    columns(commands.map((command) => [command.name, command.summary])),
    '',
    style.bold('Options'),
    columns([
      ['-h, --help', 'print this help; `metac COMMAND --help` prints the help of a command'],
      ['-v, --version', 'print the version'],
    ]),
    '',
    style.bold('Exit status'),
    columns(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning])),
    '',
    style.bold('Start here'),
    '  metac train specs/maml-sinusoid.meta',
    '',
  ].join('\n');
}

export function commandHelp(command: CommandSpec, style: Style): string {
  const positionals = command.positionals.map((positional) => {
    const name = positional.repeatable === true ? `${positional.name} …` : positional.name;
    return positional.optional === true ? `[${name}]` : name;
  });
  const lines = [`${style.bold('Usage')}  ${['metac', command.name, ...positionals, '[options]'].join(' ')}`, '', command.about];
  if (command.positionals.length > 0) {
    lines.push('', style.bold('Arguments'), columns(command.positionals.map((positional) => [positional.name, positional.about])));
  }
  const options = [...command.options, ...COMMON_OPTIONS];
  lines.push('', style.bold('Options'), columns(options.map((option) => [optionUsage(option), option.about])));
  lines.push('', style.bold('Examples'));
  for (const example of command.examples) lines.push(`  ${style.dim(`# ${example.about}`)}`, `  ${example.command}`);
  return `${lines.join('\n')}\n`;
}
