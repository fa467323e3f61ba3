/** @file The commands on good and bad specs: exit status, text and JSON. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { fakeTerminal } from './fake-terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'metac-commands-'));
const spec = 'specs/maml-sinusoid.meta';

afterAll(() => rmSync(folder, { recursive: true }));

async function metac(...words: string[]) {
  const terminal = fakeTerminal();
  const status = await main(words, terminal);
  return { status, ...terminal.written };
}

function broken(): string {
  const path = join(folder, 'broken.meta');
  writeFileSync(path, readFileSync(spec, 'utf8').replace('|> relu', '|> rellu').replace('rate: 0.01', 'rato: 0.01'));
  return path;
}

describe('check', () => {
  test('says that nothing is wrong', async () => {
    expect(await metac('check', spec)).toEqual({ status: 0, out: `${spec}: no errors\n`, error: '' });
  });

  test('shows every mistake with its place', async () => {
    const path = broken();
    const { status, out, error } = await metac('check', path);
    expect(status).toBe(1);
    expect(out).toMatch(/: \d+ errors?/);
    expect(error).toContain('`rellu`');
    expect(error).toContain('`rato`');
    expect(error).toContain(`${path}:`);
    expect(error).not.toContain('    at ');
  });

  test('--json has the places as lines and columns', async () => {
    const { status, out, error } = await metac('check', '--json', broken());
    expect([status, error]).toEqual([1, '']);
    const document: unknown = JSON.parse(out);
    expect(document).toMatchObject({ ok: false, file: broken() });
    expect(document).toHaveProperty(
      'diagnostics',
      expect.arrayContaining([
        expect.objectContaining({
          code: expect.stringMatching(/^E\d{4}$/),
          severity: 'error',
          range: expect.objectContaining({
            start: expect.any(Number),
            line: expect.any(Number),
            column: expect.any(Number),
            endColumn: expect.any(Number),
          }),
        }),
      ]),
    );
  });

  test('warnings do not fail', async () => {
    expect(await metac('check', 'specs/linear-regression.meta')).toMatchObject({ status: 0, out: expect.stringContaining('1 warning') });
  });
});

describe('compile', () => {
  test.each([
    ['ast', 'block'],
    ['model', 'model maml-sinusoid'],
    ['ir', 'gradient'],
    ['differentiated', 'map_tasks'],
    ['batched', 'dot_general'],
    ['optimized', 'program maml-sinusoid'],
    ['onnx', 'opset'],
  ])('prints the stage %s', async (stage, part) => {
    const { status, out } = await metac('compile', spec, '--stage', stage);
    expect(status).toBe(0);
    expect(out).toContain(part);
    expect(out.endsWith('\n')).toBe(true);
  });

  test('after differentiation no gradient is left, after batching no map', async () => {
    expect((await metac('compile', spec, '--stage', 'differentiated')).out).not.toMatch(/ = gradient /);
    expect((await metac('compile', spec, '--stage', 'batched')).out).not.toMatch(/ = map_tasks /);
  });

  test('--json prints the program of the published schema, the same bytes every time', async () => {
    const first = await metac('compile', spec, '--json', '--set', 'train.batch=2');
    expect(JSON.parse(first.out)).toMatchObject({ format: 'metac-ir', version: 1, name: 'maml-sinusoid', train: [{ batch: 2 }] });
    expect((await metac('compile', spec, '--json', '--set', 'train.batch=2')).out).toBe(first.out);
  });

  test('-o writes one ONNX model for each function', async () => {
    const { status, out } = await metac('compile', spec, '--stage', 'onnx', '-o', join(folder, 'models', 'm.onnx'));
    expect(status).toBe(0);
    const files = readdirSync(join(folder, 'models')).sort();
    expect(files).toContain('m.initialize.onnx');
    expect(files).toContain('m.evaluate.onnx');
    expect(out.trim().split('\n').sort()).toEqual(files.map((file) => join(folder, 'models', file)));
  });

  test('-o writes one StableHLO module for each function', async () => {
    const { status } = await metac('compile', spec, '--stage', 'stablehlo', '-o', join(folder, 'modules', 'm.mlir'));
    expect(status).toBe(0);
    expect(readdirSync(join(folder, 'modules'))).toContain('m.evaluate.mlir');
    expect(readFileSync(join(folder, 'modules', 'm.initialize.mlir'), 'utf8')).toMatch(/^module @maml_sinusoid_initialize /);
  });

  test('StableHLO is for the device and the precision that are asked for', async () => {
    const textOf = async (...more: string[]): Promise<string> => (await metac('compile', spec, '--stage', 'stablehlo', ...more)).out;
    const [usual, rounded] = [await textOf(), await textOf('--precision', 'bf16', '--target', 'gpu')];
    expect(usual).not.toContain('bf16');
    expect(rounded).toContain('bf16');
    const { status, error } = await metac('compile', spec, '--precision', 'bf16');
    expect(status).toBe(2);
    expect(error).toContain('`--precision` changes nothing in the stage `optimized`');
  });

  test('a spec with errors writes nothing and fails', async () => {
    const { status, out } = await metac('compile', broken(), '-o', join(folder, 'never.txt'));
    expect([status, out]).toEqual([1, '']);
    expect(readdirSync(folder)).not.toContain('never.txt');
  });
});

describe('explain', () => {
  test('says where every setting comes from', async () => {
    const { status, out } = await metac('explain', spec, '--set', 'train.batch=7');
    expect(status).toBe(0);
    expect(out).toMatch(/train\.batch +7 +--set/);
    expect(out).toMatch(/train\.steps +70000 +line \d+/);
    expect(out).toMatch(/sinusoids\.pool +0 +default/);
    expect(out).toMatch(/net\.dense2\.kernel +\[40, 40\] +1,600/);
    expect(out).toMatch(/net\.dense1\.kernel +first order and second order/);
    expect(out).toMatch(/dead-code|constant-folding/);
    expect(out).toMatch(/train +7 tasks, 7 at a time +[\d.]+ [kMG]?FLOP +[\d.]+ [kM]B at most/);
  });

  test('first-order methods are reached by the first order only', async () => {
    const { out } = await metac('explain', '--json', 'specs/fomaml-sinusoid.meta');
    const document = JSON.parse(out) as { readonly reach: readonly { readonly orders: readonly number[] }[] };
    expect(document.reach.length).toBeGreaterThan(0);
    for (const one of document.reach) expect(one.orders).toEqual([1]);
  });

  test('tells the tasks of a call as the threads that are asked for share them', async () => {
    const found = await Promise.all(
      ['1', '2', '4'].map(async (threads) => {
        const { out } = await metac('explain', '--json', 'specs/imaml-sinusoid.meta', '--threads', threads);
        const { costs } = JSON.parse(out) as { readonly costs: readonly { readonly what: string; readonly chunk: number }[] };
        return costs.map(({ what, chunk }) => [what, chunk]);
      }),
    );
    expect(found.map((costs) => costs[0])).toEqual([
      ['train', 25],
      ['train', 13],
      ['train', 7],
    ]);
  });

  test('forecasts memory for the threads that are asked for', async () => {
    const [one, four] = await Promise.all(
      ['1', '4'].map(async (threads) => {
        const { out } = await metac('explain', '--json', 'specs/maml-omniglot.meta', '--set', 'memory=8GB', '--threads', threads);
        return (JSON.parse(out) as { readonly memory: { readonly forecast: number } }).memory.forecast;
      }),
    );
    expect(four).toBeGreaterThan(1.2 * (one as number));
  });
});

test('engines lists all with a reason or a version', async () => {
  const { status, out } = await metac('engines', '--json');
  expect(status).toBe(0);
  const { engines } = JSON.parse(out) as { readonly engines: readonly { readonly name: string; readonly detail: string }[] };
  expect(engines.map(({ name }) => name)).toEqual(['xla', 'tfjs', 'onnx', 'reference']);
  for (const { detail } of engines) expect(detail.length).toBeGreaterThan(5);
});

test('gradcheck says where differences cannot tell', async () => {
  const path = join(folder, 'wild.meta');
  const lines = 'tasks lines { slope ~ uniform(1, 3)  example { x ~ uniform(-1, 1)  y = slope * x }  shots 8  queries 8 }';
  const loss = 'minimize mse(sin(1e9 * net(query.x)), query.y)';
  writeFileSync(
    path,
    [lines, 'model net(x) { return x |> dense(1) }', `train { ${loss}  using adam(rate: 1e-3)  batch 2  steps 1 }`].join('\n'),
  );
  const { status, out, error } = await metac('gradcheck', path);
  expect(status).toBe(4);
  expect(out).toContain('unsettled');
  expect(out).not.toContain('wrong');
  expect(error).toContain('do not agree with each other');
});
