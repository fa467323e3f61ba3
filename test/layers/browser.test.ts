/** @file dist/compiler.js compiles and emits ONNX where there is nothing of Node. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the compiler needs only the language and TextEncoder', () => {
  const folder = join(root, 'node_modules', '.cache', `metac-browser-${process.pid}`);
  const build = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), '--no-types', '--outdir', folder], { encoding: 'utf8' });
  expect(build).toMatchObject({ status: 0 });
  try {
    const text = JSON.stringify(readFileSync(join(root, 'specs/maml-sinusoid.meta'), 'utf8'));
    const bundle = JSON.stringify(pathToFileURL(join(folder, 'compiler.js')).href);
    const script = `
      const print = console.log;
      for (const name of ['process', 'Buffer', 'global', 'setImmediate', 'require', 'fetch']) delete globalThis[name];
      const { compile, emitOnnx, printStage } = await import(${bundle});
      const source = { name: 'sine.meta', text: ${text} };
      const { program, diagnostics } = compile(source, { verify: true });
      print(JSON.stringify({ diagnostics, entries: program.functions.map((entry) => emitOnnx(entry, program).length > 100) }));
      print(printStage(source, 'onnx').text.split('\\n')[0]);
    `;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const [compiled, onnx] = stdout.split('\n');
    expect(JSON.parse(compiled ?? '')).toEqual({ diagnostics: [], entries: [true, true, true, true] });
    expect(onnx).toMatch(/^onnx ir \d+ opset \d+$/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
