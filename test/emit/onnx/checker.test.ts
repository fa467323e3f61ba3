/** @file The ONNX checker (Python package `onnx`) accepts what is emitted. Skipped, with a line that says so, where it cannot be imported. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.ts';
import { emitOnnx } from '../../../src/compiler/emit/onnx/emit.ts';
import { allSamples } from '../../primitives/samples.ts';
import { emptyProgram } from './run-model.ts';
import { sampleEntry } from './sample-entry.ts';

/** Another interpreter, such as that of a virtual environment with `onnx`, can be named in METAC_PYTHON. */
const python = process.env.METAC_PYTHON ?? 'python3';
const available = spawnSync(python, ['-c', 'import onnx'], { stdio: 'ignore' }).status === 0;
if (!available) console.warn(`The ONNX checker is skipped: ${python} cannot import onnx (name another interpreter in METAC_PYTHON).`);

const script = `
import onnx, sys
for path in sys.argv[1:]:
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:
        print(path, str(error)[:400])
`;

/** What the checker complains about: nothing, one would hope. */
function complaints(models: ReadonlyMap<string, Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), 'metac-checker-'));
  try {
    const paths = [...models].map(([name, bytes], index) => {
      const path = join(folder, `${index}-${name.replaceAll(/[^\w]+/g, '-')}.onnx`);
      writeFileSync(path, bytes);
      return path;
    });
    return execFileSync(python, ['-c', script, ...paths], { encoding: 'utf8' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!available)('the ONNX checker accepts', () => {
  test('every sample of every primitive', () => {
    const models = allSamples.map((named): [string, Uint8Array] => [
      `${named.op} ${named.sample.name}`,
      emitOnnx(sampleEntry(named).entry, emptyProgram),
    ]);
    expect(complaints(new Map(models))).toBe('');
  }, 60_000);

  test.each(['maml-omniglot', 'maml-sinusoid', 'prototypical-omniglot'])(
    'all functions of %s',
    (name) => {
      const { program } = compile({ name, text: readFileSync(`specs/${name}.meta`, 'utf8') });
      if (program === undefined) throw new Error(`${name} does not compile`);
      const models = new Map(program.functions.map((entry) => [entry.name, emitOnnx(entry, program)]));
      expect(complaints(models)).toBe('');
    },
    60_000,
  );
});
