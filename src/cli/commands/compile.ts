/** @file `metac compile`: one stage of a compilation, printed or written to files. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { emitOnnx } from '../../compiler/emit/onnx/emit.ts';
import type { Program } from '../../compiler/ir/ir.ts';
import { serializeProgram } from '../../compiler/ir/serialize.ts';
import {
  type EmittedStage,
  isEmitted,
  printProgramStage,
  printStage,
  type StableHloTextOptions,
  type Stage,
  StageRecorder,
  stableHloText,
} from '../../compiler/print-stage.ts';
import { writeAtomically } from '../../runtime/checkpoint/atomic-file.ts';
import type { CommandModule } from '../command.ts';
import { jsonRefusal, printDiagnostics, summaryOf } from '../diagnostics-report.ts';
import { EXIT } from '../exit-codes.ts';
import type { Arguments } from '../parse-arguments.ts';
import { dataOptions, prepareSpec } from '../prepare-spec.ts';
import { readSpec } from '../spec-file.ts';
import { PRECISIONS, STAGES, TARGETS } from '../stages.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export const run: CommandModule['run'] = async (given, terminal) => {
  const source = readSpec(given.positionals[0] ?? '-');
  const asked = given.text('stage') ?? 'optimized';
  const stage = STAGES.find((name) => name === asked) ?? 'optimized';
  const settings = given.pairs('set');
  const stableHlo = stableHloOptions(stage, given);
  const json = given.flag('json');
  if (stage === 'ast' || stage === 'model') {
    const { diagnostics, text } = printStage(source, stage, { settings });
    if (text === undefined && json) terminal.out(jsonRefusal(source, diagnostics));
    else printDiagnostics(source, diagnostics, terminal);
    if (text === undefined) {
      if (!json) terminal.error(`${source.name}: ${summaryOf(diagnostics)}\n`);
      return EXIT.wrongSpec;
    }
    deliver(json ? jsonText(stage, text) : text, given, terminal);
    return EXIT.ok;
  }
  const recorder = new StageRecorder(stage);
  const chunk = given.count('chunk');
  const options = {
    settings,
    data: dataOptions(source, given, terminal),
    verify: given.flag('verify'),
    observe: recorder.observe,
    ...(chunk === undefined ? {} : { chunk }),
  };
  const ready = await prepareSpec(source, options, json, terminal);
  const program = recorder.programAfter(ready?.program);
  if (program === undefined) return EXIT.wrongSpec;
  const output = given.text('output');
  if (isEmitted(stage) && output !== undefined) {
    const files = writeModels(program, stage, output, stableHlo);
    terminal.out(json ? `${JSON.stringify({ ok: true, stage, files }, undefined, 2)}\n` : files.map((file) => `${file}\n`).join(''));
    return EXIT.ok;
  }
  if (!json) deliver(printProgramStage(program, stage, stableHlo), given, terminal);
  else if (isEmitted(stage)) deliver(jsonText(stage, printProgramStage(program, stage, stableHlo)), given, terminal);
  else deliver(`${serializeProgram(program)}\n`, given, terminal);
  return EXIT.ok;
};

function stableHloOptions(stage: Stage, given: Arguments): StableHloTextOptions {
  const useless = stage === 'stablehlo' ? undefined : ['target', 'precision'].find((name) => given.has(name));
  if (useless !== undefined)
    throw new UsageError(`\`--${useless}\` changes nothing in the stage \`${stage}\``, 'write `--stage stablehlo`');
  const target = TARGETS.find((name) => name === given.text('target'));
  const precision = PRECISIONS.find((name) => name === given.text('precision'));
  return { ...(target === undefined ? {} : { target }), ...(precision === undefined ? {} : { precision }) };
}

function jsonText(stage: Stage, text: string): string {
  return `${JSON.stringify({ ok: true, stage, text }, undefined, 2)}\n`;
}

function deliver(text: string, given: Arguments, terminal: Terminal): void {
  const output = given.text('output');
  if (output === undefined) terminal.out(text);
  else write(output, text);
}

/** Models have one entry each: `build/m.onnx` becomes `build/m.step.onnx`, `build/m.evaluate.onnx`, …; StableHLO is `.mlir`. Returns the paths. */
function writeModels(program: Program, stage: EmittedStage, output: string, stableHlo: StableHloTextOptions): string[] {
  const extension = stage === 'onnx' ? '.onnx' : '.mlir';
  const base = output.endsWith(extension) ? output.slice(0, -extension.length) : output;
  return program.functions.map((entry) => {
    const path = `${base}.${entry.name}${extension}`;
    write(path, stage === 'onnx' ? [emitOnnx(entry, program)] : stableHloText(entry, program, stableHlo));
    return path;
  });
}

function write(path: string, content: string | readonly Uint8Array[]): void {
  if (path.endsWith('/')) throw new UsageError(`\`${path}\` is a folder`, 'name a file after -o');
  mkdirSync(dirname(path), { recursive: true });
  writeAtomically(path, content);
}
