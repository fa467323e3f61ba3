/** @file The layer check finds what it is for: each kind of violation, in a small tree made for it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/check-layers.mjs', import.meta.url));
const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

function check(files: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'metac-layers-'));
  made.push(root);
  for (const folder of ['src', 'grammar']) mkdirSync(join(root, folder));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { status, stderr } = spawnSync(process.execPath, [script, '--root', root], { encoding: 'utf8' });
  return { status, lines: stderr.trim().split('\n') };
}

test('this project keeps its own arrows', () => {
  const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(stderr).not.toContain('error:');
  expect(status).toBe(0);
});

test('imports along the arrows pass', () => {
  const result = check({
    'src/compiler/ir/ir.ts': "import type { Diagnostic } from '../diagnostics/diagnostic.ts';\n",
    'src/compiler/diagnostics/diagnostic.ts': "import type { Range } from '../ir/ir.ts';\n",
    'src/compiler/check/check.ts': "import type { File } from '../parse/ast.ts';\nimport { add } from '../ir/ir.ts';\n",
    'src/compiler/compile.ts': "import { check } from './check/check.ts';\nimport { parse } from './parse/parse.ts';\n",
    'src/runtime/run/train.ts': "import { readFileSync } from 'node:fs';\nimport type { Program } from '../../compiler/ir/ir.ts';\n",
    'src/cli/main.ts': "import { train } from '../runtime/run/train.ts';\n",
  });
  expect(result).toEqual({ status: 0, lines: ['layers: 6 files, 0 violations, 0 warnings'] });
});

const violations: readonly (readonly [string, string, string, string])[] = [
  [
    'a stage that sees another',
    'src/compiler/batch/batch.ts',
    "import {\n  parse,\n  type File,\n} from '../parse/parse.ts';\n",
    'src/compiler/batch/ must not import src/compiler/parse/parse.ts',
  ],
  [
    'check using more of parse than its types',
    'src/compiler/check/check.ts',
    "import { print } from '../parse/ast.ts';\n",
    'src/compiler/check/ must not import src/compiler/parse/ast.ts',
  ],
  [
    'the compiler on Node',
    'src/compiler/emit/emit.ts',
    "import { readFileSync } from 'node:fs';\n",
    'src/compiler/emit/ must not use the package node:fs',
  ],
  [
    'a lazy import in the compiler',
    'src/compiler/optimize/cost.ts',
    "const os = await import('node:os');\n",
    'src/compiler/optimize/ must not use the package node:os',
  ],
  [
    'the compiler seeing the runtime',
    'src/compiler/compile.ts',
    "export * from '../runtime/engine.ts';\n",
    'src/compiler/ must not import src/runtime/engine.ts',
  ],
  [
    'the runtime seeing a stage',
    'src/runtime/run/run.ts',
    "import type { Model } from '../../compiler/check/model.ts';\n",
    'src/runtime/ must not import src/compiler/check/model.ts',
  ],
  [
    'the runtime seeing the command line',
    'src/runtime/run/run.ts',
    "import { bar } from '../../cli/progress.ts';\n",
    'src/runtime/ must not import src/cli/progress.ts',
  ],
  ['an unknown package', 'src/cli/main.ts', "import chalk from 'chalk';\n", 'src/cli/ must not use the package chalk'],
];

test.each(violations)('%s is refused', (_, path, text, message) => {
  const { status, lines } = check({ [path]: text });
  expect(lines[0]).toBe(`error: ${path}: ${message}`);
  expect(status).toBe(1);
});

test('an import cycle is refused, a cycle of types is not', () => {
  const files = (keyword: string) => ({
    'src/compiler/ir/a.ts': "import { b } from './b.ts';\n",
    'src/compiler/ir/b.ts': "import { c } from './c.ts';\n",
    'src/compiler/ir/c.ts': `import ${keyword}{ a } from './a.ts';\n`,
  });
  expect(check(files('type ')).status).toBe(0);
  expect(check(files('')).lines).toContain(
    'error: import cycle: src/compiler/ir/a.ts -> src/compiler/ir/b.ts -> src/compiler/ir/c.ts -> src/compiler/ir/a.ts',
  );
});

test('what stands in a comment is not an import', () => {
  const text = "/*\nimport fs from 'node:fs';\n*/\n// import os from 'node:os';\n";
  expect(check({ 'src/compiler/ir/a.ts': text }).status).toBe(0);
});

test('a file of more than 400 lines is a warning', () => {
  const { status, lines } = check({ 'src/compiler/ir/a.ts': '\n'.repeat(401) });
  expect(lines[0]).toContain('warning: src/compiler/ir/a.ts: 401 lines');
  expect(status).toBe(0);
});
