/**
 * @file One trace: the spec's expressions evaluated for one task of one phase into nodes of one function. Implements what builtins
 * may ask for; everything is emitted into a single builder, and gradients are cut out of it afterwards (extract.ts).
 */
import { perOutsideOptimiser } from '../diagnostics/catalogue/arguments.ts';
import { outsideModel, samplesInAStep, supportStatistics } from '../diagnostics/catalogue/meta.ts';
import { averagesOfAStep } from '../diagnostics/catalogue/recurrences.ts';
import { badTensor } from '../diagnostics/catalogue/values.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { InternalError } from '../diagnostics/internal-error.ts';
import type { EpisodeShape, SourceRange, Value } from '../ir/ir.ts';
import { type TensorType, tensorType } from '../ir/tensor-type.ts';
import type { Body, Expression } from '../parse/ast.ts';
import { limits } from './budget.ts';
import type { CallArgument } from './builtins/bind.ts';
import { describe } from './describe.ts';
import { dim, sizes } from './dims.ts';
import { DrawSamples } from './draw-samples.ts';
import type { Frame, PartOf } from './frame.ts';
import { highest } from './levels.ts';
import type {
  Context,
  Dim,
  Initializer,
  LearnedMeaning,
  Meaning,
  Moments,
  Phase,
  RecordMeaning,
  Recurred,
  Recurrence,
  TensorMeaning,
} from './meaning.ts';
import type { Binding } from './model.ts';
import { PoisonError } from './poison.ts';
import { recur } from './recurrence.ts';
import type { Scope } from './scope.ts';
import type { CheckSession } from './session.ts';
import { stackItems } from './stacked-items.ts';
import { TracingBuilder } from './tracing-builder.ts';
import { type Segment, segmentsKey, type WeightEntry } from './weights.ts';

/** The evaluator, handed to the trace so that the files of this folder do not import each other in circles. */
export interface Language {
  evaluate(trace: Trace, expression: Expression, scope: Scope): Meaning;
  evaluateValue(trace: Trace, value: Expression | Body, scope: Scope): Meaning;
  apply(trace: Trace, callee: Meaning, values: readonly CallArgument[], range: SourceRange): Meaning;
  /** The episode `episode` of a tasks block: support, query and what is drawn per task. */
  episodeRecord(trace: Trace, tasks: string, episode: string): RecordMeaning;
}

export class Trace implements Context {
  readonly session: CheckSession;
  readonly phase: Phase;
  readonly root: TracingBuilder;
  readonly bindings = new Map<string, Binding>();
  /** Values of top-level names, found once per trace. */
  readonly memo = new Map<unknown, Meaning | 'pending'>();
  readonly partOf = new Map<Value, PartOf>();
  /** What is drawn outside of the tasks. */
  readonly drawn: DrawSamples;
  readonly #updates = new Map<string, Value>();
  readonly #parameters = new Map<string, Value>();
  readonly #frames: Frame[] = [];
  #builder: TracingBuilder;
  #depth = 0;
  #drawIndex = new Map<string, number>();
  /** The example part being traced: its draws have one entry per example. */
  example:
    | {
        readonly prefix: string;
        readonly tasks: string;
        readonly draw: (name: string, distribution: 'uniform' | 'normal', dims: readonly Dim[]) => Value;
      }
    | undefined;
  /** Names the draws and learned scalars of what is being evaluated. */
  naming: readonly string[] = [];
  /** Tasks block whose task-level draws are being made. */
  drawingTasks: string | undefined;
  scope: Scope;
  /** Sizes of the episodes of a tasks block in this phase; set by the checker. */
  readonly episode: (tasks: string) => EpisodeShape;

  readonly language: Language;

  constructor(session: CheckSession, language: Language, phase: Phase, scope: Scope, episode: (tasks: string) => EpisodeShape) {
    this.session = session;
    this.root = new TracingBuilder(session.budget);
    this.#builder = this.root;
    this.drawn = new DrawSamples(this.root);
    this.language = language;
    this.phase = phase;
    this.scope = scope;
    this.episode = episode;
  }

  get builder(): TracingBuilder {
    return this.#builder;
  }

  get noise(): boolean {
    return this.phase === 'train';
  }

  get frame(): Frame | undefined {
    return this.#frames[this.#frames.length - 1];
  }

  get updates(): ReadonlyMap<string, Value> {
    return this.#updates;
  }

  /** A parameter of the traced function, made once per name. */
  parameter(name: string, type: TensorType, binding: Binding): Value {
    const known = this.#parameters.get(name);
    if (known !== undefined) return known;
    const value = this.root.parameter(name, type);
    this.#parameters.set(name, value);
    this.bindings.set(name, binding);
    return value;
  }

  /** Runs `body` with nodes going to another builder: a region, or the function around one. */
  inBuilder<Result>(builder: TracingBuilder, body: () => Result): Result {
    const saved = this.#builder;
    this.#builder = builder;
    try {
      return body();
    } finally {
      this.#builder = saved;
    }
  }

  /** Runs `body` as part of a model application, or of none. */
  inFrame<Result>(frame: Frame | undefined, body: () => Result): Result {
    const saved = this.#frames.splice(0);
    if (frame !== undefined) this.#frames.push(frame);
    try {
      return body();
    } finally {
      this.#frames.splice(0, this.#frames.length, ...saved);
    }
  }

  /** Runs `body` where top-level names are evaluated: in the traced function itself, outside models and example parts. */
  atTopLevel<Result>(body: () => Result): Result {
    const saved = { example: this.example, naming: this.naming, drawingTasks: this.drawingTasks };
    this.example = undefined;
    this.naming = [];
    this.drawingTasks = undefined;
    try {
      return this.inBuilder(this.root, () => this.inFrame(undefined, body));
    } finally {
      this.example = saved.example;
      this.naming = saved.naming;
      this.drawingTasks = saved.drawingTasks;
    }
  }

  /** Guards against functions that call themselves. */
  deeper<Result>(limit: () => never, body: () => Result): Result {
    if (this.#depth >= 100) limit();
    this.#depth++;
    try {
      return body();
    } finally {
      this.#depth--;
    }
  }

  at<Result>(range: SourceRange, body: () => Result): Result {
    const saved = this.#builder.source;
    const builder = this.#builder;
    builder.source = range;
    try {
      return body();
    } finally {
      builder.source = saved;
    }
  }

  // --- Context

  tensor(meaning: Meaning, range: SourceRange): TensorMeaning {
    switch (meaning.kind) {
      case 'tensor':
        return meaning;
      case 'number':
        return this.wrap(this.builder.constant(meaning.value), [], []);
      case 'boolean':
        return this.wrap(this.builder.constant(meaning.value ? 1 : 0), [], []);
      case 'list':
        return stackItems(
          this,
          meaning.items.map((item) => this.tensor(item, range)),
          range,
        );
      case 'schedule': {
        const step = this.outerStep();
        return { kind: 'tensor', value: meaning.at(this.root, step.value, this.outerSteps()), dims: [], level: 'meta' };
      }
      case 'learned':
        if (meaning.like !== undefined) throw new DiagnosticError(badTensor(describe(meaning), range));
        return this.learned(meaning, [], this.naming.length > 0 ? this.naming : undefined);
      case 'poison':
        throw new PoisonError();
      default:
        throw new DiagnosticError(badTensor(describe(meaning), range));
    }
  }

  wrap(value: Value, dims: readonly Dim[], from: readonly TensorMeaning[]): TensorMeaning {
    if (dims.length !== value.type.shape.length || dims.some((dim, axis) => dim.size !== value.type.shape[axis])) {
      throw new InternalError(`dims [${sizes(dims).join(', ')}] of a value of shape [${value.type.shape.join(', ')}]`);
    }
    return { kind: 'tensor', value, dims, level: highest(from) };
  }

  weight(parameter: string, dims: readonly Dim[], initial: Initializer): TensorMeaning {
    const { frame, range } = this.#layer(parameter);
    this.session.budget.tensor(tensorType('float', sizes(dims)), range, limits.weightElements);
    const entry = this.session.weights.obtain({
      segments: [...frame.segments],
      parameter,
      owner: frame.owner,
      dims,
      initial,
      bounds: undefined,
      range,
      phase: this.phase,
    });
    return frame.read(entry);
  }

  /** The start value of a weight: a parameter of the traced function. */
  start(entry: WeightEntry): TensorMeaning {
    const value = this.parameter(entry.key, tensorType('float', sizes(entry.dims)), { kind: 'weight' });
    return { kind: 'tensor', value, dims: entry.dims, level: 'meta' };
  }

  /** A learned scalar as a meta-level weight, named by where it stands. */
  learned(meaning: LearnedMeaning, dims: readonly Dim[], path: readonly string[] | undefined): TensorMeaning {
    if (meaning.per !== 'scalar') throw new DiagnosticError(perOutsideOptimiser(meaning.per, meaning.range));
    const frame = path === undefined ? this.frame : undefined;
    return this.learnedAt(meaning, dims, this.#learnedSegments(meaning, path), '', frame);
  }

  #learnedSegments(meaning: LearnedMeaning, path: readonly string[] | undefined): readonly Segment[] {
    return path === undefined && this.frame !== undefined ? [...this.frame.segments] : this.learnedPlace(meaning, path);
  }

  /** Under what a learned scalar, or a learner of them, is known outside of models: the first of the names that it is used by. */
  learnedPlace({ range }: LearnedMeaning, path: readonly string[] | undefined): readonly Segment[] {
    return this.session.learnedPlace(range.start, path);
  }

  learnedAt(
    meaning: LearnedMeaning,
    dims: readonly Dim[],
    segments: readonly Segment[],
    parameter: string,
    frame: Frame | undefined,
  ): TensorMeaning {
    const entry = this.session.weights.obtain({
      segments,
      parameter,
      owner: segments[0]?.name ?? 'learned',
      dims,
      initial: { distribution: 'constant', offset: meaning.initial, scale: 0 },
      bounds: meaning.bounds,
      range: meaning.range,
      phase: this.phase,
    });
    return frame !== undefined ? frame.read(entry) : this.start(entry);
  }

  draw(distribution: 'uniform' | 'normal', dims: readonly Dim[], range: SourceRange, part?: string): TensorMeaning {
    const base = [this.naming.length > 0 ? this.naming.join('.') : 'draw', ...(part === undefined ? [] : [part])].join('.');
    const place = this.frame === undefined ? base : segmentsKey(this.frame.segments);
    const path = this.example === undefined ? place : `${this.example.prefix}.${place}`;
    const count = (this.#drawIndex.get(path) ?? 0) + 1;
    this.#drawIndex.set(path, count);
    const name = `${path}${count === 1 ? '' : count}`;
    return this.at(range, () => {
      // Within a recurrence one draw is made for each step, and each step takes its own.
      const { recurrences } = this.#builder;
      const whole = [...recurrences.flatMap(({ steps }) => (steps === undefined ? [] : [steps])), ...dims];
      const drawn = this.example?.draw(name, distribution, whole) ?? this.#standard(name, distribution, sizes(whole));
      const value = recurrences.reduce((draw, recurrence) => recurrence.drawOfStep(name, draw), drawn);
      return { kind: 'tensor', value, dims, level: this.example === undefined ? 'task' : 'example' };
    });
  }

  /** A standard draw for each task. */
  #standard(name: string, distribution: 'uniform' | 'normal', shape: readonly number[]): Value {
    const tasks = this.drawingTasks;
    const make = (path: string, type: TensorType): Value => this.parameter(path, type, { kind: 'draw', distribution, tasks });
    const draw = make(name, tensorType('float', shape));
    if (tasks === undefined) this.drawn.note(draw, { name, parameter: make });
    return draw;
  }

  samples(of: TensorMeaning, range: SourceRange): TensorMeaning {
    if (this.#builder !== this.root) throw new DiagnosticError(samplesInAStep(range));
    const dims = [dim(this.drawn.count, 'draws'), ...of.dims];
    const copies = () =>
      this.root.broadcast(
        of.value,
        sizes(dims),
        [...of.dims.keys()].map((axis) => axis + 1),
      );
    const value = this.at(range, () => this.drawn.of(of.value) ?? copies());
    return { ...of, value, dims };
  }

  recur(recurrence: Recurrence): Recurred {
    const outer = this.#builder;
    const region = outer.region(recurrence.length);
    return recur({ outer, region, inside: (body) => this.inBuilder(region, body), draws: () => region.draws, highest }, recurrence);
  }

  /** Where a layer stands that needs a model around it. */
  #layer(name: string): { readonly frame: Frame; readonly range: SourceRange } {
    const range = this.builder.source ?? { start: 0, end: 0 };
    if (this.frame === undefined) throw new DiagnosticError(outsideModel(this.session.textOf(range) || name, range));
    return { frame: this.frame, range };
  }

  supportMoments(compute: () => Moments): Moments {
    const { frame, range } = this.#layer('batch_norm');
    const key = segmentsKey(frame.segments);
    if (frame.isSupport) {
      const moments = compute();
      frame.moments.set(key, moments);
      return moments;
    }
    if (frame.companion === undefined) throw new DiagnosticError(supportStatistics(range));
    const moments = frame.companion().moments.get(key);
    if (moments === undefined) throw new InternalError(`no support moments for ${key}`);
    return moments;
  }

  running(
    parameter: string,
    dims: readonly Dim[],
    initial: number,
  ): { readonly current: TensorMeaning; readonly update: ((value: TensorMeaning) => void) | undefined } {
    const { frame, range } = this.#layer('batch_norm');
    if (this.phase === 'train' && this.#builder.recurrences.length > 0) throw new DiagnosticError(averagesOfAStep(range));
    const entry = this.session.weights.obtainState({
      segments: [...frame.segments],
      parameter: `${parameter}.step${frame.step}`,
      dims,
      initial,
    });
    const value = this.parameter(entry.key, tensorType('float', sizes(dims)), { kind: 'state' });
    return {
      current: { kind: 'tensor', value, dims, level: 'meta' },
      update: this.phase === 'train' ? (updated) => void this.#updates.set(entry.key, updated.value) : undefined,
    };
  }

  protocol(key: string, value: string): void {
    this.session.protocol.set(key, value);
  }

  call(callee: Meaning, values: readonly Meaning[], range: SourceRange): Meaning {
    return this.language.apply(
      this,
      callee,
      values.map((meaning) => ({ meaning, range })),
      range,
    );
  }

  within<Result>(name: string, body: () => Result): Result {
    const frame = this.frame;
    if (frame === undefined) return body();
    const key = `${segmentsKey(frame.segments)}/${name}`;
    const index = (frame.counters.get(key) ?? 0) + 1;
    frame.counters.set(key, index);
    frame.segments.push({ name, index });
    try {
      return body();
    } finally {
      frame.segments.pop();
    }
  }

  /** The outer step, counted from 0, as float[]. */
  outerStep(): TensorMeaning {
    const value = this.parameter('step', tensorType('float', []), { kind: 'step' });
    return { kind: 'tensor', value, dims: [], level: 'meta' };
  }

  /** Steps of the (first) train block: the default span of schedules; set by the checker. */
  outerSteps: () => number = () => 1;
}
