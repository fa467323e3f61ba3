/** @file Wrong usage of the built command: one clear message on standard error, exit status 2, never a stack trace. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BuiltCommand, buildCommand } from './built-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'metac-usage-'));
const spec = 'specs/maml-sinusoid.meta';
let metac: BuiltCommand;

beforeAll(() => {
  metac = buildCommand('usage');
  writeFileSync(join(folder, 'binary.meta'), new Uint8Array([0xff, 0xfe, 0x00, 0x80]));
  writeFileSync(join(folder, 'good.meta'), '');
});

afterAll(() => {
  metac.remove();
  rmSync(folder, { recursive: true });
});

const wrong: readonly (readonly [words: readonly string[], message: string, hint: string | undefined])[] = [
  [['trian'], 'there is no command `trian`', 'did you mean `metac train`?'],
  [['frobnicate'], 'there is no command `frobnicate`', '`metac --help` lists the commands'],
  [[spec], `\`${spec}\` is a spec, not a command`, `write \`metac train ${spec}\` or \`metac check ${spec}\``],
  [['--verison'], 'there is no option `--verison`', '`metac --help` lists commands and options'],
  [['train', spec, '--stpes', '3'], 'there is no option `--stpes`', 'did you mean `--steps`?'],
  [['train', spec, '--steps'], '`--steps` needs a value', 'write `--steps N`'],
  [['train', spec, '--steps', 'many'], '`--steps` needs a whole number, but `many` was given', 'write `--steps 1`'],
  [['train', spec, '--steps', '2.5'], '`--steps` needs a whole number, but `2.5` was given', 'write `--steps 1`'],
  [['train', spec, '--steps', '-3'], '`--steps` must be at least 1, but `-3` was given', undefined],
  [['train', spec, '--threads', '100000'], '`--threads` must be at most 256, but `100000` was given', undefined],
  [['train', spec, '--seed', '1e16'], '`--seed` must be at most 9007199254740991, but `1e16` was given', undefined],
  [['train', spec, '--steps=3', '--steps=4'], '`--steps` is given twice', 'give it once'],
  [['train', spec, '--engine', 'onx'], '`--engine` cannot be `onx`; it is one of auto, xla, tfjs, onnx, reference', 'did you mean `onnx`?'],
  [['train', spec, '--set', 'rate'], '`--set rate` is not of the form name=value', 'write `--set NAME=VALUE`'],
  [['train', spec, '--set', 'a=1', '--set', 'a=2'], '`--set a=…` is given twice', 'give each name once'],
  [['train', spec, '--json=yes'], '`--json` takes no value, but `yes` was given', 'write `--json`'],
  [['train'], 'FILE is missing: the spec to train', '`metac train --help` shows how it is used'],
  [['check'], 'FILE is missing: a spec: a .meta file, or - for standard input', '`metac check --help` shows how it is used'],
  [['check', spec, 'more'], '`more` is one argument too many: the command takes FILE', '`metac check --help` shows how it is used'],
  [['engines', 'more'], '`metac engines more` does not exist', 'write `metac engines`, or `metac engines install NAME`'],
  [['engines', 'install'], 'NAME is missing: the plugin to install', 'choose from xla-cuda13, xla-cuda12, xla-cpu'],
  [['engines', 'install', 'xla'], 'there is no plugin `xla` to install', 'choose from xla-cuda13, xla-cuda12, xla-cpu'],
  [['check', 'nowhere.meta'], 'there is no file `nowhere.meta`', undefined],
  [['check', join(folder, 'good')], `there is no file \`${join(folder, 'good')}\``, `did you mean \`${join(folder, 'good.meta')}\`?`],
  [['check', 'specs'], '`specs` is a folder, not a spec', 'name a .meta file in it: specs/NAME.meta'],
  [['check', join(folder, 'binary.meta')], `\`${join(folder, 'binary.meta')}\` is not UTF-8 text`, 'save it as UTF-8; is it a .meta file?'],
  [
    ['compile', spec, '--stage', 'onxx'],
    '`--stage` cannot be `onxx`; it is one of ast, model, ir, differentiated, batched, optimized, onnx, stablehlo',
    'did you mean `onnx`?',
  ],
  [['evaluate', 'runs/none'], 'there is no folder `runs/none`', 'runs are kept below runs/ unless --run says otherwise'],
  [['evaluate', 'specs'], '`specs` holds no run', 'a run folder has run.json, command.json and spec.meta in it'],
  [['train', '--resume'], 'neither a spec nor a run folder is named', 'write `metac train --resume DIR`'],
  [
    ['train', spec, '--resume', 'specs', '--seed', '3'],
    '`--seed` cannot be changed in the middle of a run',
    'leave it out, or start a new run without --resume',
  ],
];

describe('wrong usage', () => {
  test.each(wrong)('metac %j', (words, message, hint) => {
    const { status, out, error } = metac.run(words);
    expect(error).toBe(`error: ${message}\n${hint === undefined ? '' : `  hint: ${hint}\n`}`);
    expect(out).toBe('');
    expect(status).toBe(2);
  });

  test('with --json the message is on standard output too', () => {
    const { status, out } = metac.run(['train', spec, '--json', '--steps', 'x']);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      error: { kind: 'usage', message: '`--steps` needs a whole number, but `x` was given', hint: 'write `--steps 1`' },
    });
    expect(status).toBe(2);
  });

  test('a file that cannot be written is named', () => {
    const { status, error } = metac.run(['compile', spec, '--stage', 'ast', '-o', join(folder, 'good.meta', 'x.txt')]);
    expect(error).toMatch(/^error: `.*good\.meta.*`: (a part of the path is a file, not a folder|there is already a file of this name)\n/);
    expect(status).toBe(2);
  });

  test('no words at all print the help on standard error', () => {
    const { status, out, error } = metac.run([]);
    expect(error).toContain('Usage  metac COMMAND [options]');
    expect(out).toBe('');
    expect(status).toBe(2);
  });
});

describe('right usage', () => {
  test('--version prints the version of package.json', () => {
    expect(metac.run(['--version'])).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), error: '' });
  });

  test('a spec can come from standard input', () => {
    const { status, out } = metac.run(['check', '-'], { input: 'alpha = 1' });
    expect(out).toMatch(/^<stdin>: \d+ error/);
    expect(status).toBe(1);
  });

  test('words after -- are arguments', () => {
    expect(metac.run(['check', '--', '--nope']).error).toContain('there is no file `--nope`');
  });
});
