/** @file The engine xla from the command line: chosen, refused, recorded, and resumed with what it was asked. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { fakeTerminal } from '../../cli/fake-terminal.ts';
import { cpuPlugin } from './cpu-plugin.ts';

const found = await cpuPlugin();
const plugin = 'path' in found ? found.path : '';
const folder = mkdtempSync(join(tmpdir(), 'metac-xla-'));
const before = process.env.METAC_CACHE;
const SMALL = ['specs/maml-sinusoid.meta', '--steps', '6', '--set', 'evaluate.episodes=4', '--set', 'validate.episodes=4'];

beforeAll(() => {
  process.env.METAC_CACHE = join(folder, 'cache');
});
afterAll(() => {
  if (before === undefined) delete process.env.METAC_CACHE;
  else process.env.METAC_CACHE = before;
  rmSync(folder, { recursive: true });
});

async function metac(...words: string[]) {
  const terminal = fakeTerminal();
  const status = await main(words, terminal);
  return { status, ...terminal.written };
}

const recorded = (run: string, file: string): unknown => JSON.parse(readFileSync(join(run, file), 'utf8'));

describe('what does not fit is refused before anything runs', () => {
  test('a plugin that is not there', async () => {
    const { status, error } = await metac('train', ...SMALL, '--plugin', '/nowhere/plugin.so');
    expect(status).toBe(1);
    expect(error).toContain('xla does not work here: --plugin names /nowhere/plugin.so, which is no file');
  });

  test.each([
    ['--precision', 'tf32'],
    ['--devices', '2'],
    ['--plugin', 'plugin.so'],
  ])('%s for an engine that has none', async (option, value) => {
    const { status, error } = await metac('train', ...SMALL, '--engine', 'onnx', option, value);
    expect([status, error]).toEqual([1, `error: ${option} is for the engine xla, not for onnx\n`]);
  });
});

describe.skipIf('missing' in found)('a run', { timeout: 240_000 }, () => {
  test('is trained on two devices, recorded with its precision, and started from kept executables the second time', async () => {
    const [run, again] = [join(folder, 'run'), join(folder, 'again')];
    const words = ['train', ...SMALL, '--plugin', plugin, '--devices', '2', '--precision', 'bf16'];
    const { status, error } = await metac(...words, '--run', run);
    expect(error).toMatch(/^engine xla: cpu, 2 x cpu, PJRT API 0\.\d+/);
    expect(status).toBe(0);
    expect(recorded(run, 'result.json')).toMatchObject({ engine: 'xla', precision: 'bf16' });
    expect(recorded(run, 'command.json')).toMatchObject({ engine: 'xla', engineOptions: { plugin, devices: 2, precision: 'bf16' } });
    const executables = () => readdirSync(join(folder, 'cache/xla')).sort();
    const kept = executables();
    expect(kept.length).toBeGreaterThan(2);
    expect((await metac(...words, '--run', again)).status).toBe(0);
    expect(executables()).toEqual(kept);
    const { reports } = recorded(run, 'result.json') as { readonly reports: unknown };
    expect(recorded(again, 'result.json')).toMatchObject({ reports });

    const { status: changed, error: why } = await metac('train', '--resume', run, '--devices', '4');
    expect([changed, why]).toEqual([2, expect.stringContaining('`--devices` cannot be changed in the middle of a run')]);
    const evaluated = await metac('evaluate', run, '--json');
    expect(evaluated.status).toBe(0);
    expect(JSON.parse(evaluated.out)).toMatchObject({ ok: true, result: { engine: 'xla', precision: 'bf16' } });
  });
});
