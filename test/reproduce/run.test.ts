/** @file A reproduction end to end: trained in a process of its own, resumed after an interruption, not done twice. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reproduction } from '../../scripts/reproduce/reproduction.ts';
import { type Place, reproduce } from '../../scripts/reproduce/run.ts';
import { type BuiltCommand, buildCommand } from '../cli/built-command.ts';

const SPEC = `// A comment that may change.
tasks lines {
  slope ~ uniform(-1, 1)
  example {
    x ~ uniform(-1, 1)
    y = slope * x
  }
  shots 4   queries 4
}
rate = 0.1
model net(x) { return x |> dense(1) }
adapt fast from net {
  minimize mse(fast(support.x), support.y)
  using    sgd(rate: rate)
  steps    1
}
train {
  minimize mse(fast(query.x), query.y)
  using    adam(rate: 1e-2)
  batch    4
  steps    20_000
}
evaluate {
  episodes 20
  report   error: mse(fast(query.x), query.y)
}
`;

const reproduction: Reproduction = {
  name: 'lines.quick',
  spec: 'lines',
  settings: { rate: '0.2' },
  figures: [{ report: 'error', about: 'mean squared error', unit: 'plain' }],
  protocol: 'none published',
};

/** Starts the command and presses Ctrl-C as soon as its first checkpoint stands. */
const INTERRUPT = `
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
const [command, ...words] = process.argv.slice(2);
const folder = words.at(words.indexOf('--run') + 1);
const child = spawn(process.execPath, [command, ...words], { stdio: 'ignore' });
const wait = setInterval(() => {
  if (existsSync(folder + '/run.json')) { clearInterval(wait); setTimeout(() => child.kill('SIGINT'), 300); }
}, 10);
child.on('exit', (status) => { clearInterval(wait); process.exit(status ?? 1); });
`;

describe('npm run reproduce', () => {
  let built: BuiltCommand;
  let root: string;
  let place: (folder: string, wrapper?: string) => Place;

  beforeAll(() => {
    built = buildCommand('reproduce');
    root = mkdtempSync(join(tmpdir(), 'metac-reproduce-'));
    mkdirSync(join(root, 'specs'));
    writeFileSync(join(root, 'specs/lines.meta'), SPEC);
    writeFileSync(join(root, 'interrupt.mjs'), INTERRUPT);
    place = (folder, wrapper) => ({
      root,
      runs: join(root, folder),
      command: [process.execPath, ...(wrapper === undefined ? [] : [join(root, wrapper)]), built.starter],
    });
  });
  afterAll(() => {
    built.remove();
    rmSync(root, { recursive: true });
  });

  it('goes on after an interruption, to the figures of a run that had none', async () => {
    expect(await reproduce(reproduction, 3, place('stopped', 'interrupt.mjs'))).toBeUndefined();
    const resumed = await reproduce(reproduction, 3, place('stopped'));
    const whole = await reproduce(reproduction, 3, place('whole'));
    expect(resumed).toEqual({ ...whole, seconds: expect.any(Number) });
    expect(whole?.reports[0]?.label).toBe('error');
    expect(whole).toMatchObject({
      name: 'lines.quick',
      seed: 3,
      command: 'npx metac train specs/lines.meta --set rate=0.2 --seed 3',
      steps: 20_000,
      episodes: 20,
    });
  }, 60_000);

  it('does not do again what is done, until the spec changes', async () => {
    const failing = { ...place('whole'), command: [process.execPath, '-e', 'process.exit(1)', '--'] };
    expect(await reproduce(reproduction, 3, failing)).toMatchObject({ steps: 20_000 });
    writeFileSync(join(root, 'specs/lines.meta'), SPEC.replace('may change', 'did change'));
    expect(await reproduce(reproduction, 3, failing)).toMatchObject({ steps: 20_000 });
    writeFileSync(join(root, 'specs/lines.meta'), SPEC.replace('steps    1\n', 'steps    2\n'));
    expect(await reproduce(reproduction, 3, failing)).toBeUndefined();
    writeFileSync(join(root, 'specs/lines.meta'), SPEC);
  });

  it('keeps the time of all sittings', () => {
    const [folder] = readdirSync(join(root, 'stopped'));
    expect(Number(readFileSync(join(root, 'stopped', folder ?? '', 'seconds'), 'utf8'))).toBeGreaterThan(0.3);
  });
});
