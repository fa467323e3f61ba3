/**
 * @file THE pipeline.
 *
 *   text --parse--> AST --check--> Model --lower--> IR --differentiate--> IR --batch--> IR --optimize--> IR
 *
 * Engines take it from there (emit/). Only this file sees all stages; each of them sees ir/ and diagnostics/ alone.
 */
import { batch } from './batch/batch.ts';
import { builtins } from './check/builtins/table.ts';
import { check } from './check/check.ts';
import type { Model } from './check/model.ts';
import { type ChunkOptions, chooseChunks, fits, likelyFits, wholeBatch } from './choose-chunks.ts';
import { badSetting } from './diagnostics/catalogue/names.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import type { SourceFile } from './diagnostics/source-file.ts';
import { differentiate } from './differentiate/differentiate.ts';
import { withExactRoots } from './differentiate/root-forms.ts';
import { segmentScans } from './differentiate/segment-scans.ts';
import { vjpRules } from './differentiate/vjp-rules.ts';
import { fitMemory, liveFootprint, type MemoryFit, type Recompute } from './fit-memory.ts';
import type { EntryFunction, Func, Program } from './ir/ir.ts';
import { verifyFunction, verifyProgram } from './ir/verify.ts';
import { withDataRows } from './lower/data-rows.ts';
import { type LowerOptions, lower } from './lower/lower.ts';
import type { Footprint } from './optimize/cost.ts';
import { PassMemory } from './optimize/pass-memory.ts';
import type { PrimitiveCounts } from './optimize/pipeline.ts';
import { cleanupForProcessors, optimizeForProcessors } from './optimize/processors.ts';
import type { Expression } from './parse/ast.ts';
import { isConsequence } from './parse/lost.ts';
import { createParser, parse } from './parse/parse.ts';
import { unreached } from './reached.ts';

export type ProgramStage = 'ir' | 'differentiated' | 'batched' | 'optimized';

export interface CompileOptions extends ChunkOptions {
  /** `--set name=value`, as written. */
  readonly settings?: ReadonlyMap<string, string>;
  /** Tasks per call; undefined lets the cost model choose. */
  readonly chunk?: number;
  /** What `checkSource` gave for the same text and settings; undefined to check here. */
  readonly checked?: Checked;
  /** Rows of the resident data set of each tasks block, where they are known. */
  readonly rows?: ReadonlyMap<string, number>;
  /** Forecast of the memory of the process, for `memory <= …`; by default the live tensors of the largest call. `compiled` is the largest
   * program that the compiler has made on the way. */
  readonly footprint?: (program: Program, compiled: Program) => Footprint;
  /** For finite differences: implicit gradients are exact, and inner loops that have one end where it says. */
  readonly exactRoots?: boolean;
  /** Check the IR after every pass. */
  readonly verify?: boolean;
  /** Sees the program after each stage. */
  readonly observe?: (stage: ProgramStage, program: Program) => void;
}

/** A spec that was read; the model is undefined when it has errors. */
export interface Checked {
  readonly model: Model | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** How one pass changed the primitives of one entry function. */
export interface PassReport {
  readonly entry: string;
  readonly pass: string;
  readonly before: PrimitiveCounts;
  readonly after: PrimitiveCounts;
}

export interface Compilation {
  readonly diagnostics: readonly Diagnostic[];
  /** Undefined when the spec has errors. */
  readonly model: Model | undefined;
  readonly program: Program | undefined;
  readonly passes: readonly PassReport[];
  /** Tasks per call that was chosen or given. */
  readonly chunk: number;
  /** Undefined without `memory <= …`. */
  readonly memory?: MemoryFit;
}

/** Never throws for any text; errors in it are diagnostics. */
export function compile(source: SourceFile, options: CompileOptions = {}): Compilation {
  const usual = compileAs(source, options, 'nothing');
  const { program } = usual;
  const bound = usual.model?.memory;
  if (program === undefined || bound === undefined) return usual;
  const as = (recompute: Recompute, chunk: number | undefined): Compilation =>
    compileAs(source, chunk === undefined ? options : { ...options, chunk }, recompute);
  return fitMemory(bound, { ...usual, program }, options.footprint ?? liveFootprint, as, options.chunk !== undefined);
}

function compileAs(source: SourceFile, options: CompileOptions, recompute: Recompute): Compilation {
  const front = recompute === 'nothing' && options.checked !== undefined ? options.checked : checkSource(source, options, recompute);
  const failed = { diagnostics: front.diagnostics, model: undefined, program: undefined, passes: [], chunk: 0 };
  if (front.model === undefined) return failed;
  const lost = unreached(front.model);
  const diagnostics = [...front.diagnostics, ...lost];
  if (lost.length > 0) return { ...failed, diagnostics };
  const model = withDataRows(front.model, options.rows ?? new Map());
  if (options.chunk !== undefined)
    return { diagnostics, model, chunk: options.chunk, ...compileModel(model, { chunk: options.chunk }, options, recompute) };
  const lowered = lower(model, { chunk: 1 });
  const whole = wholeBatch(model, lowered, options);
  if (likelyFits(lowered, whole, options)) {
    const compiled = compileModel(model, whole, options, recompute);
    if (fits(compiled.program, options)) return { diagnostics, model, chunk: whole.chunk, ...compiled };
  }
  const single = compileModel(model, { chunk: 1 }, options, recompute);
  const chosen = chooseChunks(single.program, whole, options);
  return { diagnostics, model, chunk: chosen.chunk, ...(chosen.chunk === 1 ? single : compileModel(model, chosen, options, recompute)) };
}

/** Parses and checks only. */
export function checkSource(source: SourceFile, options: CompileOptions = {}, recompute: Recompute = 'nothing'): Checked {
  const parser = createParser();
  const parsed = parse(source, parser);
  const settings = parseSettings(options.settings ?? new Map(), parser);
  const checked = check(
    {
      source,
      file: parsed.file,
      incomplete: parsed.diagnostics.some((diagnostic) => diagnostic.severity === 'error'),
      lostNames: parsed.lost.names,
      overrides: settings.overrides,
      overrideTexts: options.settings ?? new Map(),
      ...(recompute === 'nothing' ? {} : { unrolledSteps: 0 }),
    },
    builtins,
  );
  // What follows only from a syntax error is not told again.
  const own = checked.diagnostics.filter((diagnostic) => !isConsequence(diagnostic, source, parsed.lost));
  const diagnostics = [...parsed.diagnostics, ...settings.diagnostics, ...own].toSorted(
    (left, right) => (left.range?.start ?? -1) - (right.range?.start ?? -1),
  );
  const failed = diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  return { model: failed ? undefined : checked.model, diagnostics };
}

function compileModel(
  model: Model,
  chunks: LowerOptions,
  options: CompileOptions,
  recompute: Recompute,
): { readonly program: Program; readonly passes: readonly PassReport[] } {
  const passes: PassReport[] = [];
  const verify = options.verify === true;
  const stage = (name: ProgramStage, program: Program, change: (body: Func, entry: EntryFunction) => Func): Program => {
    const changed = {
      ...program,
      functions: program.functions.map((entry) => {
        const body = change(entry.body, entry);
        if (verify) verifyFunction(body);
        return { ...entry, body };
      }),
    };
    options.observe?.(name, changed);
    return changed;
  };
  const memory = new PassMemory();
  const clean = (body: Func): Func => cleanupForProcessors(body, { verify: false, memory });
  const lowered = stage('ir', lower(model, chunks), (body) => body);
  const differentiated = stage('differentiated', lowered, (body) => {
    const ready = recompute === 'segments' ? segmentScans(clean(body)) : clean(body);
    return options.exactRoots === true ? differentiate(withExactRoots(ready), clean, vjpRules, 'path') : differentiate(ready, clean);
  });
  const batched = stage('batched', differentiated, (body) => batch(body));
  const optimized = stage('optimized', batched, (body, entry) =>
    optimizeForProcessors(body, {
      verify,
      memory,
      observe: (pass, before, after) => void passes.push({ entry: entry.name, pass, before, after }),
    }),
  );
  const program = withoutUnused(optimized);
  if (verify) verifyProgram(program);
  return { program, passes };
}

/** Drops inputs that no node uses any more. */
function withoutUnused(program: Program): Program {
  const functions = program.functions.map((entry) => {
    const used = new Set([...entry.body.nodes.flatMap((node) => node.operands), ...entry.body.results.map((result) => result.value)]);
    const parameters = entry.body.parameters.filter((parameter) => used.has(parameter.value));
    const names = new Set(parameters.map((parameter) => parameter.name));
    return { ...entry, body: { ...entry.body, parameters }, inputs: entry.inputs.filter((input) => names.has(input.name)) };
  });
  return { ...program, functions };
}

function parseSettings(
  settings: ReadonlyMap<string, string>,
  parser: ReturnType<typeof createParser>,
): { overrides: Map<string, Expression>; diagnostics: Diagnostic[] } {
  const overrides = new Map<string, Expression>();
  const diagnostics: Diagnostic[] = [];
  for (const [name, text] of settings) {
    const { file, diagnostics: problems } = parse({ name: `--set ${name}`, text: `value = ${text}` }, parser);
    const [declaration, another] = file.declarations;
    const value = declaration?.kind === 'equation' ? declaration.value : undefined;
    if (problems.length > 0 || another !== undefined || value === undefined || value.kind === 'body') {
      diagnostics.push(badSetting(name, text, problems[0]?.title ?? 'something that is not one value'));
    } else overrides.set(name, value);
  }
  return { overrides, diagnostics };
}
