/** @file The help of every command, as it was reviewed. */
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { main } from '../../src/cli/main.ts';
import { fakeTerminal } from './fake-terminal.ts';

async function outputOf(words: readonly string[]): Promise<string> {
  const terminal = fakeTerminal();
  expect(await main(words, terminal)).toBe(0);
  expect(terminal.written.error).toBe('');
  return terminal.written.out;
}

test('metac --help', async () => {
  await expect(await outputOf(['--help'])).toMatchFileSnapshot('golden/help.txt');
});

test.each(COMMANDS.map(({ name }) => name))('metac %s --help', async (name) => {
  const help = await outputOf([name, '--help']);
  await expect(help).toMatchFileSnapshot(`golden/help-${name}.txt`);
  expect(await outputOf(['help', name])).toBe(help);
});

test('the exit statuses in README.md are those of --help', async () => {
  const { readFileSync } = await import('node:fs');
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const { EXIT_MEANINGS } = await import('../../src/cli/exit-codes.ts');
  for (const [code, meaning] of EXIT_MEANINGS) expect(readme).toContain(`| ${code} | ${meaning} |`);
});

test('every example of the help is a command that parses', async () => {
  const { parseArguments } = await import('../../src/cli/parse-arguments.ts');
  const { COMMON_OPTIONS } = await import('../../src/cli/option.ts');
  for (const command of COMMANDS) {
    for (const example of command.examples) {
      const [metac, name, ...words] = example.command.replace(/ > .*$/, '').split(' ');
      expect([metac, name]).toEqual(['metac', command.name]);
      expect(() => parseArguments(words, [...command.options, ...COMMON_OPTIONS], command.positionals, '')).not.toThrow();
    }
  }
});
