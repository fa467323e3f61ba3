/** @file `tasks` blocks: where episodes come from, and their parts as values. */
import { badClause, headerMissing, statementNotHere } from '../diagnostics/catalogue/blocks.ts';
import { setTooLarge } from '../diagnostics/catalogue/limits.ts';
import { fieldNotDefined, sameTasks } from '../diagnostics/catalogue/meta.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { EpisodeShape, Parameter, Result, SourceRange, TaskSource, Value } from '../ir/ir.ts';
import { tensorType } from '../ir/tensor-type.ts';
import type { Block, Part, Statement } from '../parse/ast.ts';
import { defineAll, drawn, functionMeaning } from './body.ts';
import { limits } from './budget.ts';
import { ClauseReader, type ConstantEvaluator } from './clause-reader.ts';
import { describe } from './describe.ts';
import { dim, sizes } from './dims.ts';
import type { Dim, Meaning, RecordMeaning, TensorMeaning } from './meaning.ts';
import { Scope } from './scope.ts';
import { CheckSession } from './session.ts';
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
  const reader = new ClauseReader(session, 'tasks', CheckSession.settingPrefix(block), `\`tasks ${name}\``, block.body, block.keywordRange);
  reader.complete();
  const source = readSource(reader, constants, name, block);
  const images = source.kind === 'images';
  if (images && !reader.has('ways'))
    throw new DiagnosticError(badClause('source', 'a `ways` clause beside it', 'none', reader.rangeOf('source')));
  const episode: EpisodeShape = {
    tasks: name,
    ways: images ? (reader.number(constants, 'ways', { integer: true, least: 1, most: limits.examples }) ?? 0) : 0,
    shots: reader.number(constants, 'shots', { integer: true, least: 1, most: limits.examples }) ?? 1,
    queries: reader.number(constants, 'queries', { integer: true, least: 1, most: limits.examples }) ?? 1,
  };
  if (!images) for (const keyword of ['ways', 'split', 'resize', 'rotate']) refuse(session, reader, keyword, name);
  const generating = block.body.some((statement) => statement.kind === 'part');
  if (!images && !generating) session.report(fieldNotDefined('x', block.keywordRange));
  if (!images && generating && !block.body.some((statement) => statement.kind === 'draw'))
    session.report(sameTasks(name, block.name?.range ?? block.keywordRange));
  return { block, name, source, episode };
}

function refuse(session: CheckSession, reader: ClauseReader, keyword: string, name: string): void {
  if (reader.has(keyword))
    session.report(statementNotHere(`\`${keyword}\``, `\`tasks ${name}\`, which has no \`source images(…)\``, reader.rangeOf(keyword)));
}

function readSource(reader: ClauseReader, constants: ConstantEvaluator, name: string, block: Block): TaskSource {
  const written = reader.expression('source');
  const pool = reader.number(constants, 'pool', { integer: true, least: 0, most: limits.outerSteps }, 0) ?? 0;
  if (written === undefined) return { name, kind: 'generated', pool };
  const argument = written.kind === 'call' && written.callee.kind === 'name' && written.callee.name === 'images' ? written.arguments : [];
  const first = argument[0];
  const dataset = argument.length === 1 && first?.kind === 'positional' ? constants.constant(first.value) : undefined;
  if (dataset?.kind !== 'text')
    throw new DiagnosticError(badClause('source', '`images("omniglot")` or `images("PATH")`', 'something else', written.range));
  for (const statement of block.body) {
    if (statement.kind === 'part')
      throw new DiagnosticError(statementNotHere('`example`', `\`tasks ${name}\`, whose examples are images`, statement.keywordRange));
  }
  const resize = listOf(reader, constants, 'resize', [28, 28]);
  if (resize.length !== 2 || resize.some((size) => !Number.isInteger(size) || size < 1 || size > 1024)) {
    throw new DiagnosticError(badClause('resize', 'height x width, such as `28 x 28`', resize.join(' x '), reader.rangeOf('resize')));
  }
  const rotations = listOf(reader, constants, 'rotate', [0]);
  if (
    rotations.length === 0 ||
    new Set(rotations).size !== rotations.length ||
    rotations.some((angle) => ![0, 90, 180, 270].includes(angle))
  ) {
    throw new DiagnosticError(badClause('rotate', 'different ones of 0, 90, 180, 270', rotations.join(', '), reader.rangeOf('rotate')));
  }
  return {
    name,
    kind: 'images',
    pool,
    images: {
      dataset: dataset.value,
      split: splitOf(reader, constants),
      resize: [resize[0] as number, resize[1] as number],
      rotations,
      channels: 1,
    },
  };
}

function splitOf(reader: ClauseReader, constants: ConstantEvaluator): string {
  const written = reader.expression('split');
  if (written === undefined) return 'vinyals';
  if (written.kind === 'name' && (written.name === 'vinyals' || written.name === 'lake')) return written.name;
  const value = written.kind === 'text' ? constants.constant(written) : undefined;
  if (value?.kind !== 'text')
    throw new DiagnosticError(
      badClause('split', '`vinyals`, `lake`, or the path of a split file in quotes', 'something else', written.range),
    );
  return value.value;
}

function listOf(reader: ClauseReader, constants: ConstantEvaluator, keyword: string, otherwise: readonly number[]): readonly number[] {
  const written = reader.arguments(keyword);
  if (written.length === 0) return otherwise;
  return written.flatMap((argument) => {
    const value = argument.kind === 'positional' ? constants.constant(argument.value) : undefined;
    const items = value?.kind === 'list' ? value.items : value === undefined ? [] : [value];
    return items.map((item) => {
      if (item.kind !== 'number') throw new DiagnosticError(badClause(keyword, 'constant numbers', describe(item), argument.range));
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
  const data = trace.parameter(
    `${tasks.name}.images`,
    tensorType('uint8', [trace.session.rowsOf(tasks.name), height, width, images.channels]),
    { kind: 'data', tasks: tasks.name },
  );
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
        if (meaning.kind !== 'poison' && meaning.kind !== 'function')
          results.push({ name: name.text, meaning: trace.tensor(meaning, range), range });
      }
    });
  });
  const fields = new Map<string, Meaning>();
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
