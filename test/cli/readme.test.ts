/** @file What README.md shows works: its spec compiles, its library example runs. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { checkSource } from '../../src/compiler/compile.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

function blockOf(language: string): string {
  const match = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme);
  if (match?.[1] === undefined) throw new Error(`README.md has no ${language} block`);
  return match[1];
}

test('the spec has no errors and no warnings', () => {
  expect(checkSource({ name: 'readme.meta', text: blockOf('meta') }).diagnostics).toEqual([]);
});

test('the library example trains and prints its reports', () => {
  const folder = join(root, 'node_modules', '.cache', `metac-readme-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const library = pathToFileURL(join(root, 'src/index.ts')).href;
    copyFileSync(join(root, 'specs/linear-regression.meta'), join(folder, 'line.meta'));
    writeFileSync(join(folder, 'example.mts'), blockOf('ts').replace("'metac'", `'${library}'`));
    const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [tsx, 'example.mts'], { cwd: folder, encoding: 'utf8' });
    expect(stderr).toContain('finished');
    expect(stdout).toContain('interval:');
    expect(status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('every command of the table exists, and every command is in it', async () => {
  const { COMMANDS } = await import('../../src/cli/commands.ts');
  const named = new Set([...readme.matchAll(/^\| `metac (\w+)/gm)].map((match) => match[1]));
  expect([...named].sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
});
