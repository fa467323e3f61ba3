/** @file Training without files: for a page, a notebook, a test. The numbers are those of a run in a folder with the same seed. */

import { notANumber } from '../../compiler/diagnostics/catalogue/run.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import type { Program } from '../../compiler/ir/ir.ts';
import type { ResidentImages } from '../data/resident.ts';
import type { Engine, EngineOptions, Session, Tensors } from '../engine.ts';
import { type Call, trainingCalls, trainingEntries } from './calls.ts';
import { dataTensors, initialState, initialWeights } from './initialize.ts';
import { makeReports, type Report } from './reports.ts';

export interface InMemoryOptions {
  readonly engine: Engine;
  readonly engineOptions?: EngineOptions;
  /** Non-negative safe integer: every random number of the run follows from it. */
  readonly seed: number;
  /** Image data by tasks block; none for generated tasks. */
  readonly resident?: ReadonlyMap<string, ResidentImages>;
}

/** One completed step of one train block. */
export interface CompletedStep {
  /** Of the block: `train`. */
  readonly block: string;
  /** From 1. */
  readonly step: number;
  /** The loss first. */
  readonly metrics: ReadonlyMap<string, number>;
}

/** Milliseconds of work after which a page gets its turn. */
const BREATH = 16;

export class InMemoryRun {
  readonly #program: Program;
  readonly #session: Session;
  readonly #seed: number;
  readonly #resident: ReadonlyMap<string, ResidentImages>;
  readonly #calls: Generator<Call, undefined>;
  #disposed: Promise<void> | undefined;

  private constructor(program: Program, session: Session, { seed, resident = new Map() }: InMemoryOptions) {
    this.#program = program;
    this.#session = session;
    this.#seed = seed;
    this.#resident = resident;
    this.#calls = trainingCalls(program, seed, resident, 0);
  }

  /** Compiles the program for the engine and gives it its first weights. */
  static async start(program: Program, options: InMemoryOptions): Promise<InMemoryRun> {
    const session = await options.engine.compile(program, options.engineOptions ?? {});
    session.anticipate?.(trainingEntries(program));
    await session.write(dataTensors(program, options.resident ?? new Map()));
    await session.write(new Map([...initialWeights(program, options.seed), ...initialState(program)]));
    return new InMemoryRun(program, session, options);
  }

  /**
   * Takes the steps that are left, one at a time: `for await (const { step, metrics } of run.steps())`. Whoever breaks out of the loop may
   * come back. Throws DiagnosticError when a loss is not a number.
   */
  async *steps(): AsyncGenerator<CompletedStep, void> {
    let breath = performance.now();
    for (let call = this.#calls.next().value; call !== undefined; call = this.#calls.next().value) {
      const results = await this.#session.run(call.entry, call.inputs);
      if (!call.completes) continue;
      yield completed(call, results);
      if (performance.now() - breath < BREATH) continue;
      await new Promise((resolve) => setTimeout(resolve, 0));
      breath = performance.now();
    }
  }

  /** The reports of the `evaluate` block, with the weights as they are. Throws LimitationError where there is none. */
  async evaluate(): Promise<readonly Report[]> {
    const request = { seed: this.#seed, resident: this.#resident, signal: undefined, progress: () => undefined };
    return (await makeReports(this.#session, this.#program, request)) ?? [];
  }

  /** Copies of the weights, by name. */
  weights(): Promise<Tensors> {
    return this.#session.read(this.#program.weights.map(({ name }) => name));
  }

  /** Once is enough, and more do no harm. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#session.dispose();
    return this.#disposed;
  }
}

function completed({ plan, step }: Call, results: Tensors): CompletedStep {
  const metrics = new Map(plan.metrics.map((name) => [name, results.get(name)?.data[0] ?? Number.NaN]));
  const [loss] = plan.metrics;
  if (loss !== undefined && !Number.isFinite(metrics.get(loss)))
    throw new DiagnosticError(notANumber(plan.name, step + 1, `the ${loss}`, undefined, undefined));
  return { block: plan.name, step: step + 1, metrics };
}
