/** @file Every spec at every stage, as `metac compile --stage` prints it: the source first, then the stage. UPDATE=1 rewrites. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { type CompileOptions, compile } from '../../src/compiler/compile.ts';
import type { SourceFile } from '../../src/compiler/diagnostics/source-file.ts';
import type { Program } from '../../src/compiler/ir/ir.ts';
import { printProgramStage, printStage } from '../../src/compiler/print-stage.ts';
import { expectGolden } from '../golden.ts';

const specs = fileURLToPath(new URL('../../specs/', import.meta.url));
const here = fileURLToPath(new URL('./', import.meta.url));
/** Rows of the shipped data set with four rotations: what `metac` compiles these specs with. */
const rows = new Map([['omniglot', 4 * 32_460]]);
const names = readdirSync(specs)
  .filter((name) => name.endsWith('.meta'))
  .map((name) => name.replace('.meta', ''));

function stagesOf(source: SourceFile): Map<string, string> {
  const options: CompileOptions = { rows, verify: true };
  const texts = new Map<string, string>();
  for (const stage of ['ast', 'model'] as const) texts.set(stage, printStage(source, stage, options).text ?? '');
  const programs = new Map<string, Program>();
  const { program } = compile(source, { ...options, observe: (stage, one) => void programs.set(stage, one) });
  for (const stage of ['ir', 'differentiated', 'batched'] as const)
    texts.set(stage, printProgramStage(programs.get(stage) as Program, stage));
  for (const stage of ['optimized', 'onnx', 'stablehlo'] as const) texts.set(stage, printProgramStage(program as Program, stage));
  return texts;
}

describe.each(names)('%s', (name) => {
  const text = readFileSync(`${specs}${name}.meta`, 'utf8');
  const stages = stagesOf({ name: `specs/${name}.meta`, text });
  it.each([...stages.keys()].map((stage, index) => [stage, index + 1] as const))('%s', (stage, number) => {
    expectGolden(`${here}${name}/0${number}-${stage}.txt`, `${text.trimEnd()}\n\n===== ${stage} =====\n\n${stages.get(stage)}`);
  });
});
