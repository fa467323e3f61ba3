/** @file `train`, interruption, `--resume` and `evaluate` of the built command. */
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BuiltCommand, buildCommand } from './built-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'metac-training-'));
let metac: BuiltCommand;

beforeAll(() => {
  metac = buildCommand('training');
  copyFileSync('specs/maml-sinusoid.meta', join(folder, 'sine.meta'));
});

afterAll(() => {
  metac.remove();
  rmSync(folder, { recursive: true });
});

const small = ['--set', 'evaluate.episodes=20', '--set', 'validate.episodes=10', '--set', 'train.batch=4', '--threads', '1'];

/** Enough work for two processors. */
const shared = [
  '--set',
  'evaluate.episodes=20',
  '--set',
  'validate.episodes=10',
  '--set',
  'fast.steps=5',
  '--engine',
  'onnx',
  '--device',
  'cpu',
  '--threads',
  '2',
];

function run(...words: string[]) {
  return metac.run(words, { cwd: folder });
}

describe('train', () => {
  test('trains, evaluates and leaves a whole run folder', () => {
    const { status, out, error } = run('train', 'sine.meta', '--steps', '30', '--seed', '5', ...small);
    expect(error).toContain('training 30 steps, run folder runs/sine-1');
    expect(error).toContain('step 30/30 (100%)');
    expect(out).toMatch(/sine: 20 test episodes/);
    expect(out).toMatch(/after_10_steps +[\d.]+ ± [\d.]+/);
    expect(status).toBe(0);
    for (const file of ['spec.meta', 'run.json', 'command.json', 'metrics.jsonl', 'result.json', 'checkpoints/last.safetensors']) {
      expect(existsSync(join(folder, 'runs/sine-1', file))).toBe(true);
    }
    expect(JSON.parse(readFileSync(join(folder, 'runs/sine-1/result.json'), 'utf8'))).toMatchObject({ seed: 5, episodes: 20 });
  });

  test('gives the very same with the program that the first start compiled', () => {
    const kept = () => readdirSync(join(metac.cache, 'programs'));
    const before = kept();
    const { status, out } = run('train', 'sine.meta', '--steps', '30', '--seed', '5', '--run', 'again', ...small);
    expect([status, kept()]).toEqual([0, before]);
    expect(before.length).toBe(1);
    expect(out).toMatch(/after_10_steps +[\d.]+ ± [\d.]+/);
    for (const file of ['metrics.jsonl', 'checkpoints/last.safetensors'])
      expect(readFileSync(join(folder, 'again', file)).equals(readFileSync(join(folder, 'runs/sine-1', file))), file).toBe(true);
  });

  test('--json prints an object a line, the result last, and nothing on standard error', () => {
    const { status, out, error } = run('train', 'sine.meta', '--json', '--steps', '5', '--run', 'json-run', ...small);
    const events = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect([status, error]).toEqual([0, '']);
    expect(events[0]).toMatchObject({ event: 'started', steps: 5 });
    expect(events.at(-1)).toMatchObject({ event: 'result', folder: 'json-run', result: { episodes: 20 } });
  });

  test('a spec with errors trains nothing', () => {
    writeFileSync(join(folder, 'bad.meta'), 'tasks t { shots 1 ');
    expect(run('train', 'bad.meta')).toMatchObject({ status: 1, out: '' });
    expect(existsSync(join(folder, 'runs/bad-1'))).toBe(false);
  });

  test('a run folder is not used twice', () => {
    const { status, error } = run('train', 'sine.meta', '--run', 'runs/sine-1', '--steps', '5', ...small);
    expect(error).toContain('error[E0801]');
    expect(status).toBe(1);
    expect(JSON.parse(readFileSync(join(folder, 'runs/sine-1/command.json'), 'utf8'))).toMatchObject({ steps: 30 });
  });
});

describe('interruption', () => {
  test.each([
    ['one thread', 'stopped', 'whole', '4 tasks at a time', small],
    ['two in lockstep', 'lockstep-stopped', 'lockstep-whole', '13 tasks at a time', shared],
  ])(
    'Ctrl-C writes a checkpoint, and the resumed run ends like one that was never stopped: %s',
    async (_, stopped, whole, tasks, options) => {
      const words = ['train', 'sine.meta', '--steps', '4000', ...options];
      const process = metac.start([...words, '--run', stopped], folder);
      let error = '';
      process.stderr?.on('data', (chunk: Buffer) => {
        error += chunk.toString();
        // The first progress line says that the loop is under way.
        if (/step [\d,]+\/4,000/.test(error) && !process.killed) process.kill('SIGINT');
      });
      const [status] = (await once(process, 'close')) as [number];
      expect(error).toContain('stopping after this step to write a checkpoint');
      expect(error).toContain(`go on with: metac train --resume ${stopped}`);
      expect(error).toContain(tasks);
      // The run goes on with the same program where there are more processors, or fewer.
      const { processors } = JSON.parse(readFileSync(join(folder, stopped, 'command.json'), 'utf8')) as { processors: number };
      expect(processors).toBe(Number(options.at(-1)));
      expect(status).toBe(3);
      expect(existsSync(join(folder, `${stopped}/result.json`))).toBe(false);

      const resumed = run('train', '--resume', stopped);
      expect(resumed.error).toMatch(/going on at step [\d,]+ of 4,000/);
      expect(resumed.status).toBe(0);
      expect(run(...words, '--run', whole).status).toBe(0);
      const bytes = (name: string, file: string) => readFileSync(join(folder, name, file));
      expect(bytes(stopped, 'metrics.jsonl').equals(bytes(whole, 'metrics.jsonl'))).toBe(true);
      const reports = (name: string): unknown =>
        (JSON.parse(readFileSync(join(folder, name, 'result.json'), 'utf8')) as { reports: unknown }).reports;
      expect(reports(stopped)).toEqual(reports(whole));
    },
    90_000,
  );

  test('--resume refuses a spec that has changed since', () => {
    writeFileSync(join(folder, 'other.meta'), `${readFileSync(join(folder, 'sine.meta'), 'utf8')}\n// changed\n`);
    const { status, error } = run('train', 'other.meta', '--resume=runs/sine-1');
    expect(error).toContain('`other.meta` is not what the run in `runs/sine-1` was started with');
    expect(status).toBe(2);
  });
});

describe('evaluate', () => {
  test('repeats the figures of the run', () => {
    const { status, out } = run('evaluate', 'runs/sine-1', '--json', '-o', 'again.json');
    expect(status).toBe(0);
    const reports = (text: string): unknown => {
      const document = JSON.parse(text) as { reports?: unknown; result?: { reports: unknown } };
      return document.reports ?? document.result?.reports;
    };
    const trained = reports(readFileSync(join(folder, 'runs/sine-1/result.json'), 'utf8'));
    expect(reports(out)).toEqual(trained);
    expect(reports(readFileSync(join(folder, 'again.json'), 'utf8'))).toEqual(trained);
  });

  test('takes more episodes, and the last weights', () => {
    const { status, out } = run('evaluate', 'runs/sine-1', '--episodes', '25', '--weights', 'last');
    expect(out).toContain('25 test episodes');
    expect(out).toContain('last.safetensors (step 30)');
    expect(status).toBe(0);
  });

  test('a spec has to be trained first', () => {
    const { status, error } = run('evaluate', 'sine.meta');
    expect(error).toContain('hint: write `metac evaluate runs/sine-1`');
    expect(status).toBe(2);
  });
});

describe('compare', () => {
  test('judges runs on the same episodes, with paired differences', () => {
    expect(run('train', 'sine.meta', '--steps', '60', '--run', 'longer', ...small).status).toBe(0);
    const { status, out } = run('compare', 'runs/sine-1', 'longer', '--json', '--episodes', '30');
    expect(status).toBe(0);
    interface Figures {
      readonly mean: number;
      readonly interval: number;
    }
    const { reports, seed, episodes } = JSON.parse(out) as {
      seed: number;
      episodes: number;
      reports: readonly { label: string; runs: readonly { summary: Figures; difference?: Figures }[] }[];
    };
    expect([seed, episodes]).toEqual([5, 30]);
    const [before] = reports;
    const [first, second] = before?.runs ?? [];
    expect(first?.difference).toBeUndefined();
    expect(second?.difference?.mean).toBeCloseTo((second?.summary.mean ?? 0) - (first?.summary.mean ?? 0), 9);
    // Both learners are near the start: what differs between them is far less than what differs between episodes.
    expect(second?.difference?.interval).toBeLessThan((second?.summary.interval ?? 0) / 2);
    expect(run('compare', 'runs/sine-1', 'longer', '--episodes', '30').out).toMatch(/longer +[\d.]+ ± [\d.]+ +[+-][\d.]+ ± [\d.]+/);
  }, 60_000);

  test('refuses runs that are judged by other tasks, and names the difference', () => {
    expect(run('train', 'sine.meta', '--steps', '5', '--run', 'ten-shot', '--set', 'evaluate.shots=10', ...small).status).toBe(0);
    const other = readFileSync(join(folder, 'sine.meta'), 'utf8').replace('uniform(0.1, 5)', 'uniform(0.1, 2)');
    writeFileSync(join(folder, 'flat.meta'), other);
    expect(run('train', 'flat.meta', '--steps', '5', '--run', 'flat', ...small).status).toBe(0);
    const shots = run('compare', 'runs/sine-1', 'ten-shot');
    expect(shots.status).toBe(2);
    expect(shots.error).toContain('sizes of sinusoids: 5 shots, 100 queries in `runs/sine-1`, 10 shots, 100 queries in `ten-shot`');
    const tasks = run('compare', 'runs/sine-1', 'flat');
    expect(tasks.status).toBe(2);
    expect(tasks.error).toContain('uniform(0.1, 2)');
  }, 60_000);

  test('one run is too few', () => {
    const { status, error } = run('compare', 'runs/sine-1');
    expect(error).toContain('two runs or more are compared');
    expect(status).toBe(2);
  });
});
