/** @file The training loop: steps, validation, checkpoints; stopped at any moment, it resumes to the very same numbers. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { notANumber } from '../../compiler/diagnostics/catalogue/run.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';
import type { Program, TrainPlan } from '../../compiler/ir/ir.ts';
import { type BestSoFar, firstNotFinite, loadCheckpoint, type RunPosition, saveCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Session, Tensors } from '../engine.ts';
import { type Call, totalSteps, trainingCalls } from './calls.ts';
import type { Listener } from './events.ts';
import { dataTensors, initialState, initialWeights } from './initialize.ts';
import { lockRun, removeLeftovers } from './lock.ts';
import { MetricsLog } from './metrics-log.ts';
import type { TrainOptions } from './options.ts';
import { Progress } from './progress.ts';
import { prepareFolder, RunFolder, type RunRecord, requireNoRun, requireSameRun, runtimeVersions, writeRecord } from './run-folder.ts';
import { jsonNumber } from './shortest-number.ts';
import { summaryRecord, type Validator, validatePlans } from './validate.ts';

export interface TrainOutcome {
  readonly status: 'finished' | 'stopped';
  /** Outer steps completed, in all. */
  readonly step: number;
  readonly folder: string;
  readonly best: readonly BestSoFar[];
}

const LOGGED_STEPS = 2000;
const SECONDS_BETWEEN_CHECKPOINTS = 60;

/**
 * Trains in a run folder until all blocks have had their steps or `signal` asks to stop. Throws DiagnosticError when the folder is
 * taken or damaged, or when a loss is not finite: the last good checkpoint is kept then.
 */
export async function train(program: Program, options: TrainOptions): Promise<TrainOutcome> {
  const folder = new RunFolder(options.folder);
  const resume = options.resume === true;
  prepareFolder(folder, resume);
  const unlock = lockRun(folder.path);
  try {
    for (const part of [folder.path, dirname(folder.last)]) removeLeftovers(part);
    if (!resume) requireNoRun(folder);
    const record = await recordOf(program, options);
    if (resume) requireSameRun(folder, record);
    else writeRecord(folder, record, options.spec);
    const session = await options.engine.compile(program, options.engineOptions);
    try {
      const start = await restore(program, options, folder, session);
      const log = new MetricsLog(folder.metrics, start.metricsBytes);
      try {
        return await new TrainingRun(program, options, folder, session, log, start, record.logEvery).run();
      } finally {
        log.close();
      }
    } finally {
      await session.dispose();
    }
  } finally {
    unlock();
  }
}

async function recordOf(program: Program, options: TrainOptions): Promise<RunRecord> {
  return {
    format: 'metac-run-1',
    program: program.name,
    programHash: options.programHash,
    engine: options.engine.name,
    seed: options.seed,
    protocol: program.protocol,
    settings: options.settings ?? {},
    engineDetail: (await options.engine.probe()).detail,
    threads: options.engineOptions.threads ?? null,
    logEvery: options.logEvery ?? Math.max(1, Math.ceil(totalSteps(program) / LOGGED_STEPS)),
    versions: runtimeVersions(),
  };
}

/** Fills the session from the last checkpoint of the folder, or with initial values. */
async function restore(program: Program, options: TrainOptions, folder: RunFolder, session: Session): Promise<RunPosition> {
  const { seed, programHash, engine } = options;
  await session.write(dataTensors(program, options.resident));
  if (options.resume === true && existsSync(folder.last)) {
    const { position, tensors } = loadCheckpoint(folder.last, [...program.weights, ...program.state], true);
    await session.write(tensors);
    return position;
  }
  await session.write(new Map([...initialWeights(program, seed), ...initialState(program)]));
  return { step: 0, seed, programHash, engine: engine.name, best: [], metricsBytes: 0, validated: true };
}

class TrainingRun {
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
    const { step } = this.#start;
    this.#listener({ kind: 'started', step, steps: this.#steps, folder: this.#folder.path, resumed: this.#options.resume === true });
    if (!this.#start.validated && !(await this.#endStep(step))) return this.#outcome('stopped', step);
    const calls = trainingCalls(this.#program, this.#options.seed, this.#options.resident, step);
    const prepare = async (): Promise<Call | undefined> => calls.next().value;
    let call = await prepare();
    while (call !== undefined) {
      // The inputs of the next call are drawn while the engine runs this one.
      const [results, next]: [Tensors, Call | undefined] = await Promise.all([this.#session.run(call.entry, call.inputs), prepare()]);
      const completed = call.step + 1;
      if (call.completes) this.#record(call.plan, completed, results);
      if (next?.step !== call.step && !(await this.#endStep(completed))) return this.#outcome('stopped', completed);
      call = next;
    }
    if (this.#savedStep < this.#steps || !existsSync(this.#folder.last)) await this.#save(this.#steps, true);
    this.#listener({ kind: 'finished', step: this.#steps });
    return this.#outcome('finished', this.#steps);
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
    if (failed) throw new DiagnosticError(notANumber(plan.name, step, `the ${loss}`, this.#lastCheckpoint()));
  }

  #lastCheckpoint(): string | undefined {
    return existsSync(this.#folder.last) ? this.#folder.last : undefined;
  }

  /** Validation, checkpoint and a breath for the event loop. False when the run was asked to stop. */
  async #endStep(step: number): Promise<boolean> {
    const before = { best: this.#best, metricsBytes: -1 };
    const due = this.#validators.filter(({ plan, validate }) => step <= plan.steps && (step % validate.every === 0 || step === plan.steps));
    if (due.length > 0) before.metricsBytes = this.#log.sync();
    for (const validator of due) {
      if (await this.#validate(validator, step)) continue;
      await this.#save(step, false, before);
      return this.#stopped(step);
    }
    if (this.#progress.step(step)) await setImmediate();
    const stop = this.#options.signal?.aborted === true && step < this.#steps;
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
    const tensors = await this.#session.read([...this.#program.weights, ...this.#program.state].map(({ name }) => name));
    const broken = firstNotFinite(tensors);
    if (broken !== undefined) {
      const block = this.#program.train.map(({ name }) => name).join(', ');
      throw new DiagnosticError(notANumber(block, step, `\`${broken}\``, this.#lastCheckpoint()));
    }
    saveCheckpoint(path, { position: { step, seed, programHash, engine: engine.name, validated, ...at }, tensors });
    this.#listener({ kind: 'checkpoint', step, path, best: path !== this.#folder.last });
  }
}
