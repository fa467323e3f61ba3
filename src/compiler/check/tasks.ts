/** @file `tasks` blocks: where episodes come from, and their parts as values. */
import { clausesMissing, headerMissing, statementNotHere } from '../diagnostics/catalogue/blocks.ts';
import { setTooLarge } from '../diagnostics/catalogue/limits.ts';
import { fieldNotDefined, sameTasks } from '../diagnostics/catalogue/meta.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/did-you-mean.ts';
import type { EpisodeShape, Parameter, Result, SourceRange, TaskSource, Value } from '../ir/ir.ts';
import { tensorType } from '../ir/tensor-type.ts';
import type { Block, Expression, Part, Statement } from '../parse/ast.ts';
import { defineAll, drawn, functionMeaning } from './body.ts';
import { limits } from './budget.ts';
import { ClauseReader, type ConstantEvaluator } from './clause-reader.ts';
import { wrongClause } from './clauses.ts';
import { describe } from './describe.ts';
import { dim, sizes } from './dims.ts';
import type { Dim, Meaning, RecordMeaning, TensorMeaning } from './meaning.ts';
import { Scope } from './scope.ts';
import type { CheckSession } from './session.ts';
import { settingPrefix } from './setting-prefix.ts';
import type { Trace } from './trace.ts';

export interface Tasks {
  readonly block: Block;
  readonly name: string;
  readonly source: TaskSource;
  /** Sizes as the block states them. */
  readonly episode: EpisodeShape;
}

/** Reads the clauses of a tasks block; what it generates is evaluated per trace. */
export function readTasks(session: CheckSession, block: Block, constants: ConstantEvaluator): Tasks {
  const name = block.name?.text;
  if (name === undefined) throw new DiagnosticError(headerMissing('a name', 'tasks', 'tasks omniglot { … }', block.keywordRange));
  const reader = new ClauseReader(session, 'tasks', settingPrefix(block), `\`tasks ${name}\``, block.body, block.keywordRange);
  reader.complete();
  const source = readSource(session, reader, constants, name, block);
  const images = source.kind === 'images';
  if (images && !reader.has('ways')) session.reportAbsence(clausesMissing(['ways'], `\`tasks ${name}\``, ['ways 5'], block.keywordRange));
  // With a wrong size the rest is checked with an ordinary one.
  const size = (keyword: 'ways' | 'shots' | 'queries', otherwise: number): number =>
    session.attempt(() => reader.number(constants, keyword, { integer: true, least: 1, most: limits.examples }), undefined) ?? otherwise;
  const episode: EpisodeShape = { tasks: name, ways: images ? size('ways', 5) : 0, shots: size('shots', 1), queries: size('queries', 1) };
  if (!images) for (const keyword of ['ways', 'split', 'resize', 'rotate']) refuse(session, reader, keyword, name);
  const generating = block.body.some((statement) => statement.kind === 'part');
  const drawing = block.body.some((statement) => statement.kind === 'draw');
  // A task may be nothing but what is drawn for it; then there is no support set, and asking for one is refused.
  if (!images && !generating && !drawing) session.reportAbsence(fieldNotDefined('x', block.keywordRange));
  if (!images && generating && !drawing) session.reportAbsence(sameTasks(name, block.name?.range ?? block.keywordRange));
  return { block, name, source, episode };
}

function refuse(session: CheckSession, reader: ClauseReader, keyword: string, name: string): void {
  if (!reader.has(keyword)) return;
  const hint = 'it is for images; tasks that are generated have none: remove it';
  session.report(statementNotHere(`\`${keyword}\``, `\`tasks ${name}\``, reader.rangeOf(keyword), hint));
}

function readSource(session: CheckSession, reader: ClauseReader, constants: ConstantEvaluator, name: string, block: Block): TaskSource {
  const written = reader.expression('source');
  const pool =
    session.attempt(() => reader.number(constants, 'pool', { integer: true, least: 1, most: limits.outerSteps }, 0), undefined) ?? 0;
  if (written === undefined) return { name, kind: 'generated', pool };
  for (const statement of block.body) {
    if (statement.kind !== 'part') continue;
    const hint = 'keep one of the two: images, or a program that generates examples';
    session.report(statementNotHere('`example`', `\`tasks ${name}\`, whose examples are images`, statement.keywordRange, hint));
  }
  const dataset = session.attempt(() => datasetOf(session, constants, written), 'omniglot');
  const split = session.attempt(() => splitOf(session, reader, constants), 'vinyals');
  const resize = session.attempt(() => resizeOf(reader, constants), [28, 28] as const);
  const rotations = session.attempt(() => rotationsOf(reader, constants), [0]);
  return { name, kind: 'images', pool, images: { dataset, split, resize, rotations, channels: 1 } };
}

function datasetOf(session: CheckSession, constants: ConstantEvaluator, written: Expression): string {
  const argument = written.kind === 'call' && written.callee.kind === 'name' && written.callee.name === 'images' ? written.arguments : [];
  const first = argument[0];
  const dataset = argument.length === 1 && first?.kind === 'positional' ? constants.constant(first.value) : undefined;
  if (dataset?.kind === 'text') return dataset.value;
  const found = session.textOf(written.range);
  throw wrongClause('tasks', 'source', '`images("omniglot")` or `images("PATH")`', found, written.range);
}

function resizeOf(reader: ClauseReader, constants: ConstantEvaluator): readonly [number, number] {
  const [height, width, ...more] = listOf(reader, constants, 'resize', [28, 28]);
  const fits = (size: number | undefined): size is number => size !== undefined && Number.isInteger(size) && size >= 1 && size <= 1024;
  if (fits(height) && fits(width) && more.length === 0) return [height, width];
  const found = [height, width, ...more].filter((size) => size !== undefined).join(' x ');
  throw wrongClause('tasks', 'resize', 'height x width in whole numbers from 1 to 1024', found, reader.rangeOf('resize'));
}

function rotationsOf(reader: ClauseReader, constants: ConstantEvaluator): readonly number[] {
  const rotations = listOf(reader, constants, 'rotate', [0]);
  const fit = rotations.every((angle) => [0, 90, 180, 270].includes(angle)) && new Set(rotations).size === rotations.length;
  if (fit && rotations.length > 0) return rotations;
  throw wrongClause('tasks', 'rotate', 'different ones of 0, 90, 180, 270', rotations.join(', '), reader.rangeOf('rotate'));
}

function splitOf(session: CheckSession, reader: ClauseReader, constants: ConstantEvaluator): string {
  const written = reader.expression('split');
  if (written === undefined) return 'vinyals';
  if (written.kind === 'name' && (written.name === 'vinyals' || written.name === 'lake')) return written.name;
  const value = written.kind === 'text' ? constants.constant(written) : undefined;
  if (value?.kind === 'text') return value.value;
  const found = session.textOf(written.range);
  const part = /^(train|test|val|validate|validation|evaluate)$/.test(found)
    ? '`train`, `validate` and `evaluate` each take their own part of the split; nothing else can name one'
    : undefined;
  const near = suggest(found, ['vinyals', 'lake']);
  const hint = part ?? (near === undefined ? undefined : `did you mean \`${near}\`?`);
  throw wrongClause('tasks', 'split', '`vinyals`, `lake`, or the path of a split file in quotes', found, written.range, hint);
}

function listOf(reader: ClauseReader, constants: ConstantEvaluator, keyword: string, otherwise: readonly number[]): readonly number[] {
  const written = reader.arguments(keyword);
  if (written.length === 0) return otherwise;
  return written.flatMap((argument) => {
    const value = argument.kind === 'positional' ? constants.constant(argument.value) : undefined;
    const items = value?.kind === 'list' ? value.items : value === undefined ? [] : [value];
    return items.map((item) => {
      if (item.kind !== 'number') throw wrongClause('tasks', keyword, 'constant numbers', describe(item), argument.range);
      return item.value;
    });
  });
}

/** One episode of a tasks block as a record: `support`, `query`, the sizes, and everything drawn once per task. */
export function episodeRecord(trace: Trace, tasks: Tasks, episode: string): RecordMeaning {
  const shape = trace.episode(tasks.name);
  const fields = new Map<string, Meaning>([
    ['shots', { kind: 'number', value: shape.shots }],
    ['queries', { kind: 'number', value: shape.queries }],
  ]);
  if (tasks.source.kind === 'images') {
    fields.set('ways', { kind: 'number', value: shape.ways });
    for (const part of ['support', 'query'] as const) fields.set(part, imagePart(trace, tasks, shape, episode, part));
    return { kind: 'record', fields };
  }
  const scope = new Scope(trace.scope);
  const names = defineAll(trace, tasks.block.body, scope, (definition) =>
    trace.atTopLevel(() => {
      trace.drawingTasks = tasks.name;
      if (definition.kind === 'function') return functionMeaning(definition, scope);
      if (definition.kind === 'equation') return trace.language.evaluateValue(trace, definition.value, scope);
      trace.naming = [episode];
      return drawn(trace, definition, scope, []);
    }),
  );
  for (const name of names) fields.set(name, scope.find(name) as Meaning);
  const example = tasks.block.body.find((statement): statement is Part => statement.kind === 'part');
  if (example !== undefined)
    for (const part of ['support', 'query'] as const) fields.set(part, generatedPart(trace, tasks, shape, episode, part, example, scope));
  return { kind: 'record', fields };
}

function imagePart(trace: Trace, tasks: Tasks, shape: EpisodeShape, episode: string, part: 'support' | 'query'): RecordMeaning {
  const { images } = tasks.source;
  if (images === undefined) throw new DiagnosticError(fieldNotDefined('x', tasks.block.keywordRange));
  const each = part === 'support' ? shape.shots : shape.queries;
  const count = shape.ways * each;
  if (count > limits.examples) {
    const range = tasks.block.name?.range ?? tasks.block.keywordRange;
    throw new DiagnosticError(setTooLarge(part, shape.ways, each, limits.examples, range));
  }
  const dims: Dim[] = [dim(count, `ways*${part === 'support' ? 'shots' : 'queries'}`)];
  const [height, width] = images.resize;
  const rows = trace.parameter(`${episode}.${part}`, tensorType('int', [count]), { kind: 'examples', tasks: tasks.name, episode, part });
  // One row stands for all: nothing is read before the spec is known to be right (lower/data-rows.ts).
  const data = trace.parameter(`${tasks.name}.images`, tensorType('uint8', [1, height, width, images.channels]), {
    kind: 'data',
    tasks: tasks.name,
  });
  const { root } = trace;
  const picked = root.emit('gather', [data, rows], { axis: 0, batchDims: 0 });
  const x = root.scale('divide', root.emit('convert', [picked], { dtype: 'float' }), 255);
  const labels = Array.from({ length: count }, (_, index) => Math.floor(index / each));
  const y = root.emit('constant', [], { dtype: 'int', shape: [count], values: labels });
  const xMeaning: TensorMeaning = {
    kind: 'tensor',
    value: x,
    dims: [...dims, dim(height), dim(width), dim(images.channels)],
    level: 'task',
  };
  const yMeaning: TensorMeaning = { kind: 'tensor', value: y, dims, level: 'task', classes: dim(shape.ways, 'ways') };
  trace.partOf.set(x, { tasks: tasks.name, episode, part });
  return {
    kind: 'record',
    fields: new Map([
      ['x', xMeaning],
      ['y', yMeaning],
    ]),
    part: { tasks: tasks.name, episode, part },
  };
}

/** Traces the example part for one example and maps it over the examples of the part. */
function generatedPart(
  trace: Trace,
  tasks: Tasks,
  shape: EpisodeShape,
  episode: string,
  part: 'support' | 'query',
  example: Part,
  outer: Scope,
): RecordMeaning {
  const count = part === 'support' ? shape.shots : shape.queries;
  const axis = dim(count, part === 'support' ? 'shots' : 'queries');
  const region = trace.root.region();
  const mapped = new Map<Value, Value>();
  const results: { name: string; meaning: TensorMeaning; range: SourceRange }[] = [];
  const poisoned: string[] = [];
  trace.atTopLevel(() => {
    trace.drawingTasks = tasks.name;
    trace.example = {
      prefix: `${episode}.${part}`,
      tasks: tasks.name,
      draw: (name, distribution, dims) => {
        const shapeOfOne = sizes(dims);
        const whole = trace.parameter(name, tensorType('float', [count, ...shapeOfOne]), { kind: 'draw', distribution, tasks: tasks.name });
        const one = region.parameter(name, tensorType('float', shapeOfOne));
        mapped.set(one, whole);
        return one;
      },
    };
    trace.inBuilder(region, () => {
      for (const { name, range } of definitions(trace, example.body, outer)) {
        const meaning = name.meaning();
        if (meaning.kind === 'poison') poisoned.push(name.text);
        else if (meaning.kind !== 'function') results.push({ name: name.text, meaning: trace.tensor(meaning, range), range });
      }
    });
  });
  const fields = new Map<string, Meaning>(poisoned.map((name) => [name, { kind: 'poison' }]));
  if (results.length > 0) {
    const body = region.finish(results.map(({ name, meaning }): Result => ({ name, value: meaning.value })));
    const captured = new Map(region.captures.map((value) => [region.use(value), value]));
    const operandOf = (parameter: Parameter): Value => mapped.get(parameter.value) ?? (captured.get(parameter.value) as Value);
    const values = trace.root.apply('map_tasks', body.parameters.map(operandOf), {
      body,
      mapped: body.parameters.map((parameter) => mapped.has(parameter.value)),
      tasks: count,
    });
    results.forEach(({ name, meaning }, index) => {
      // A scalar per example is a column: one feature.
      const dims = meaning.dims.length === 0 ? [axis, dim(1)] : [axis, ...meaning.dims];
      const value = trace.root.reshape(values[index] as Value, sizes(dims));
      trace.partOf.set(value, { tasks: tasks.name, episode, part });
      fields.set(name, { kind: 'tensor', value, dims, level: 'task' });
    });
  }
  return { kind: 'record', fields, part: { tasks: tasks.name, episode, part } };
}

function definitions(
  trace: Trace,
  body: readonly Statement[],
  outer: Scope,
): { name: { text: string; meaning: () => Meaning }; range: SourceRange }[] {
  const scope = new Scope(outer);
  for (const statement of body) {
    if (statement.kind === 'clause' || statement.kind === 'part')
      trace.session.report(statementNotHere('a clause', '`example`', statement.range));
  }
  const names = defineAll(trace, body, scope, (definition) => {
    if (definition.kind === 'function') return functionMeaning(definition, scope);
    if (definition.kind === 'equation') return trace.language.evaluateValue(trace, definition.value, scope);
    return drawn(trace, definition, scope, []);
  });
  const rangeOf = new Map(
    body.flatMap((statement) =>
      statement.kind === 'clause' || statement.kind === 'part' ? [] : [[statement.name.text, statement.range] as const],
    ),
  );
  return names.map((text) => ({ name: { text, meaning: () => scope.find(text) as Meaning }, range: rangeOf.get(text) as SourceRange }));
}
