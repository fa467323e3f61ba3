/** @file The steps of one training run: in order, logged, validated, saved; not a number ends it with the place it comes from. */
import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { notANumber } from '../../compiler/diagnostics/catalogue/run.ts';
import { type Diagnostic, DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';
import type { Program, TrainPlan } from '../../compiler/ir/ir.ts';
import { type BestSoFar, firstNotFinite, type RunPosition, saveCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Session, Tensors } from '../engine.ts';
import { heard } from '../heard.ts';
import { blameNotFinite, type Snapshot } from './blame-not-finite.ts';
import { type Call, type CallGroup, groupedCalls, totalSteps, trainingCalls } from './calls.ts';
import type { Listener } from './events.ts';
import { dataTensors } from './initialize.ts';
import type { MetricsLog } from './metrics-log.ts';
import type { TrainOptions } from './options.ts';
import { Progress } from './progress.ts';
import type { RunFolder } from './run-folder.ts';
import { jsonNumber } from './shortest-number.ts';
import { summaryRecord, type Validator, validatePlans } from './validate.ts';

export interface TrainOutcome {
  readonly status: 'finished' | 'stopped';
  /** Outer steps completed, in all. */
  readonly step: number;
  readonly folder: string;
  readonly best: readonly BestSoFar[];
}

const SECONDS_BETWEEN_CHECKPOINTS = 60;
/** Finite weights are kept in memory this often, to find out where NaN comes from. */
const SECONDS_BETWEEN_SNAPSHOTS = 5;
const SECONDS_OF_BLAME = 20;

/** A loss or a tensor that is not finite; becomes a diagnostic once its place in the spec is known. */
class NotFiniteError extends Error {
  readonly block: string;
  readonly step: number;
  readonly what: string;
  constructor(block: string, step: number, what: string) {
    super(`${what} is not finite`);
    this.block = block;
    this.step = step;
    this.what = what;
  }
}

/** Successive steps that the session was given, after the chunks of the first. */
interface Started {
  readonly group: readonly Call[];
  readonly chunks: readonly Promise<Tensors>[];
  readonly results: Promise<readonly Tensors[]>;
  /** The outer step that ends with them; undefined where another train block has its turn first. */
  readonly completes: number | undefined;
}

export class TrainingRun {
  readonly #program: Program;
  readonly #options: TrainOptions;
  readonly #folder: RunFolder;
  readonly #session: Session;
  readonly #log: MetricsLog;
  readonly #start: RunPosition;
  readonly #logEvery: number;
  readonly #steps: number;
  readonly #listener: Listener;
  readonly #progress: Progress;
  readonly #validators: readonly Validator[];
  #best: readonly BestSoFar[];
  #savedStep: number;
  #savedTime = performance.now();
  #snapshot: Snapshot = { step: 0, tensors: new Map() };
  #snapshotTime = 0;

  constructor(
    program: Program,
    options: TrainOptions,
    folder: RunFolder,
    session: Session,
    log: MetricsLog,
    start: RunPosition,
    logEvery: number,
  ) {
    this.#program = program;
    this.#options = options;
    this.#folder = folder;
    this.#session = session;
    this.#log = log;
    this.#start = start;
    this.#logEvery = logEvery;
    this.#steps = totalSteps(program);
    this.#listener = options.listener ?? (() => undefined);
    this.#progress = new Progress(this.#listener, start.step, this.#steps);
    this.#validators = validatePlans(program, options);
    this.#best = start.best;
    this.#savedStep = start.step;
  }

  async run(): Promise<TrainOutcome> {
    try {
      return await this.#takeSteps();
    } catch (error) {
      if (error instanceof NotFiniteError) throw new DiagnosticError(await this.#blame(error));
      throw error;
    }
  }

  async #takeSteps(): Promise<TrainOutcome> {
    const { step } = this.#start;
    this.#listener({ kind: 'started', step, steps: this.#steps, folder: this.#folder.path, resumed: this.#options.resume === true });
    await this.#keepSnapshot(step);
    if (!this.#start.validated && !(await this.#endStep(step))) return this.#outcome('stopped', step);
    if (this.#stopAsked(step)) {
      await this.#save(step, true);
      this.#stopped(step);
      return this.#outcome('stopped', step);
    }
    const groups = groupedCalls(this.#calls(step), this.#session, (completed) => this.#pausesAfter(completed));
    const underWay: Started[] = [];
    let chunks: Promise<Tensors>[] = [];
    let group = groups.next().value;
    while (group !== undefined) {
      const [call] = group.calls;
      if (!call.completes && !group.shared) {
        chunks.push(heard(this.#session.run(call.entry, call.inputs)));
        group = groups.next().value;
        if (chunks.length >= this.#session.parallel) await chunks.shift();
        continue;
      }
      const started = { group: group.calls, chunks, results: heard(this.#handOver(group)) };
      const last = (group.calls.at(-1) ?? call).step + 1;
      chunks = [];
      group = groups.next().value;
      const completes = group?.calls[0].step === last - 1 ? undefined : last;
      underWay.push({ ...started, completes });
      const pause = completes !== undefined && this.#pauseDue(last);
      // The metrics of a group are looked at while the next one runs; a pause sees the weights of exactly its step.
      while (underWay.length > (pause ? 0 : 1)) await this.#settle(underWay.shift() as Started);
      if (pause && !(await this.#endStep(last))) return this.#outcome('stopped', last);
    }
    for (const started of underWay) await this.#settle(started);
    if (this.#savedStep < this.#steps || !existsSync(this.#folder.last)) await this.#save(this.#steps, true);
    this.#listener({ kind: 'finished', step: this.#steps });
    return this.#outcome('finished', this.#steps);
  }

  /** Several calls of steps that end with them. */
  #handOver({ calls, shared }: CallGroup): Promise<readonly Tensors[]> {
    const { sharing } = this.#session;
    if (shared && sharing !== undefined) return sharing.run(calls);
    const inputs = calls.map((one) => one.inputs);
    return this.#session.runMany(calls[0].entry, inputs);
  }

  /** Logs what a group of calls gave, and gives the event loop a breath now and then. */
  async #settle({ group, chunks, results, completes }: Started): Promise<void> {
    const [metrics] = await Promise.all([results, ...chunks]);
    group.forEach(({ plan, step, completes: whole }, index) => {
      if (whole) this.#record(plan, step + 1, metrics[index] as Tensors);
    });
    if (completes !== undefined && this.#progress.step(completes)) await setImmediate();
  }

  /** Whether weights are needed after this step: for validation, or a checkpoint that was asked for. */
  #pausesAfter(step: number): boolean {
    const { checkpointSteps } = this.#options;
    const due = this.#validators.some(({ plan, validate }) => step % validate.every === 0 || step === plan.steps);
    return due || (checkpointSteps !== undefined && (step - this.#start.step) % checkpointSteps === 0);
  }

  /** Whether `#endStep` has something to do. */
  #pauseDue(step: number): boolean {
    return this.#pausesAfter(step) || this.#stopAsked(step) || this.#snapshotDue() || this.#checkpointDue(step);
  }

  #stopAsked(step: number): boolean {
    return this.#options.signal?.aborted === true && step < this.#steps;
  }

  #snapshotDue(): boolean {
    return performance.now() - this.#snapshotTime >= SECONDS_BETWEEN_SNAPSHOTS * 1000;
  }

  #calls(step: number): Generator<Call, undefined> {
    return trainingCalls(this.#program, this.#options.seed, this.#options.resident, step);
  }

  #read(): Promise<Tensors> {
    return this.#session.read([...this.#program.weights, ...this.#program.state].map(({ name }) => name));
  }

  async #keepSnapshot(step: number): Promise<void> {
    const tensors = await this.#read();
    if (firstNotFinite(tensors) === undefined) this.#snapshot = { step, tensors };
    this.#snapshotTime = performance.now();
  }

  /** The session is not used for training after this. */
  async #blame({ block, step, what }: NotFiniteError): Promise<Diagnostic> {
    const blame = await blameNotFinite({
      program: this.#program,
      session: this.#session,
      snapshot: this.#snapshot,
      data: dataTensors(this.#program, this.#options.resident),
      calls: this.#calls(this.#snapshot.step),
      floatBytes: this.#options.engine.floatBytes,
      seconds: SECONDS_OF_BLAME,
    });
    const place = blame === undefined ? undefined : { operation: blame.node.op, range: blame.node.source };
    const checkpoint = existsSync(this.#folder.last) ? this.#folder.last : undefined;
    return notANumber(block, step, what, checkpoint, place);
  }

  #outcome(status: TrainOutcome['status'], step: number): TrainOutcome {
    return { status, step, folder: this.#folder.path, best: this.#best };
  }

  #record(plan: TrainPlan, step: number, results: Tensors): void {
    const metrics: Record<string, number | string> = {};
    for (const name of plan.metrics) {
      const value = results.get(name)?.data[0];
      if (value === undefined) throw new InternalError(`${plan.name} gave no ${name}`);
      metrics[name] = jsonNumber(value, this.#options.engine.floatBytes);
      this.#progress.metric(plan.name, name, value);
    }
    const loss = plan.metrics[0];
    const failed = loss !== undefined && typeof metrics[loss] === 'string';
    if (failed || step % this.#logEvery === 0 || step === plan.steps) this.#log.append({ step, block: plan.name, phase: 'train', metrics });
    if (failed) throw new NotFiniteError(plan.name, step, `the ${loss}`);
  }

  /** Validation, snapshot and checkpoint, when nothing is under way. False when the run was asked to stop. */
  async #endStep(step: number): Promise<boolean> {
    const before = { best: this.#best, metricsBytes: -1 };
    const due = this.#validators.filter(({ plan, validate }) => step <= plan.steps && (step % validate.every === 0 || step === plan.steps));
    if (due.length > 0) before.metricsBytes = this.#log.sync();
    for (const validator of due) {
      if (await this.#validate(validator, step)) continue;
      await this.#save(step, false, before);
      return this.#stopped(step);
    }
    if (this.#snapshotDue()) await this.#keepSnapshot(step);
    const stop = this.#stopAsked(step);
    if (stop || this.#checkpointDue(step)) await this.#save(step, true);
    return stop ? this.#stopped(step) : true;
  }

  #stopped(step: number): false {
    this.#listener({ kind: 'stopped', step, path: this.#folder.last });
    return false;
  }

  #checkpointDue(step: number): boolean {
    const { checkpointSteps, checkpointSeconds } = this.#options;
    if (checkpointSteps !== undefined && step - this.#savedStep >= checkpointSteps) return true;
    return performance.now() - this.#savedTime >= (checkpointSeconds ?? SECONDS_BETWEEN_CHECKPOINTS) * 1000;
  }

  /** False when it was interrupted. */
  async #validate({ plan, validate, run }: Validator, step: number): Promise<boolean> {
    const { signal, engine } = this.#options;
    const summaries = await run(this.#session, signal, (done) =>
      this.#listener({ kind: 'episodes', phase: 'validate', done, total: validate.episodes }),
    );
    if (summaries === undefined) return false;
    const kept = validate.keep?.metric;
    const summary = kept === undefined ? undefined : summaries.get(kept);
    const known = this.#best.find(({ block }) => block === plan.name);
    const better =
      summary !== undefined &&
      Number.isFinite(summary.mean) &&
      (known === undefined || (validate.keep?.best === 'lowest' ? summary.mean < known.mean : summary.mean > known.mean));
    const metrics = summaryRecord(summaries, engine.floatBytes);
    this.#log.append({ step, block: plan.name, phase: 'validate', metrics, ...(kept === undefined ? {} : { best: better }) });
    if (better && kept !== undefined) {
      const best = { block: plan.name, metric: kept, mean: summary.mean, interval: summary.interval, step };
      this.#best = [...this.#best.filter(({ block }) => block !== plan.name), best];
      await this.#write(this.#folder.best(plan.name), step, true, { best: this.#best, metricsBytes: this.#log.sync() });
    }
    this.#listener({ kind: 'validation', block: plan.name, step, summaries, kept, best: better });
    return true;
  }

  async #save(step: number, validated: boolean, at?: Pick<RunPosition, 'best' | 'metricsBytes'>): Promise<void> {
    await this.#write(this.#folder.last, step, validated, at ?? { best: this.#best, metricsBytes: this.#log.sync() });
    this.#savedStep = step;
    this.#savedTime = performance.now();
  }

  /** The metrics are on disk before the checkpoint that counts on them. */
  async #write(path: string, step: number, validated: boolean, at: Pick<RunPosition, 'best' | 'metricsBytes'>): Promise<void> {
    const { seed, programHash, engine } = this.#options;
    const tensors = await this.#read();
    const broken = firstNotFinite(tensors);
    if (broken !== undefined) throw new NotFiniteError(this.#program.train.map(({ name }) => name).join(', '), step, `\`${broken}\``);
    saveCheckpoint(path, { position: { step, seed, programHash, engine: engine.name, validated, ...at }, tensors });
    this.#listener({ kind: 'checkpoint', step, path, best: path !== this.#folder.last });
  }
}
