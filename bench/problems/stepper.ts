/** @file A peer's problem on one of metac's engines: the outer step of the spec, called as training calls it. */
import { readFileSync } from 'node:fs';
import { compile } from '../../src/compiler/compile.ts';
import { renderDiagnostics } from '../../src/compiler/diagnostics/render.ts';
import type { Program } from '../../src/compiler/ir/ir.ts';
import { type Engine, processorsFor, type Session, type Tensors } from '../../src/runtime/engine.ts';
import { heard } from '../../src/runtime/heard.ts';
import { entryOf, initialState } from '../../src/runtime/run/initialize.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import type { PeerProblem } from './peer-problem.ts';

export interface Stepper {
  /** Outer steps; for each the mean loss over its tasks. */
  readonly takeSteps: (count: number) => Promise<readonly number[]>;
  /** How many steps are handed to the engine at once. */
  readonly atOnce: number;
  /** Tasks per call. */
  readonly chunk: number;
  readonly dispose: () => Promise<void>;
}

export interface StepperOptions {
  readonly engine: Engine;
  /** The spec's folder, absolute. */
  readonly specs: string;
  /** Undefined leaves the choice to metac, as for the two below. */
  readonly threads?: number | undefined;
  readonly processors?: number | undefined;
  readonly chunk?: number | undefined;
  readonly atOnce?: number | undefined;
}

interface Call {
  readonly entry: string;
  readonly inputs: Tensors;
  readonly completes: boolean;
}

export async function prepareStepper(problem: PeerProblem, options: StepperOptions): Promise<Stepper> {
  const { engine, threads, chunk } = options;
  const source = { name: problem.spec, text: readFileSync(`${options.specs}/${problem.spec}`, 'utf8') };
  const processors = processorsFor(options, threads);
  const compiled = compile(source, { settings: problem.settings, processors, ...(chunk === undefined ? {} : { chunk }) });
  if (compiled.program === undefined) throw new Error(renderDiagnostics(source, compiled.diagnostics, { colour: false }));
  const { program } = compiled;
  const session = await engine.compile(program, threads === undefined ? {} : { threads });
  await session.write(new Map([...initialState(program), ...firstWeights(program, problem)]));
  const calls = callsOfStep(program, problem);
  const [first] = calls as [Call];
  const last = calls.at(-1) as Call;
  const together = first.completes ? 0 : (session.sharing?.atOnce(first.entry) ?? 0);
  const atOnce = options.atOnce ?? (first.completes ? session.callsAtOnce(first.entry) : Math.max(1, together));
  /** The losses of so many steps, handed over together. */
  const group = async (steps: number): Promise<readonly number[]> => {
    if (session.sharing !== undefined && together > 0) {
      const results = await session.sharing.run(new Array<readonly Call[]>(steps).fill(calls).flat());
      return Array.from({ length: steps }, (_, step) => lossOf(last.entry, results[(step + 1) * calls.length - 1] as Tensors));
    }
    if (!first.completes) return [await takeStep(session, calls)];
    const results = await session.runMany(first.entry, new Array<Tensors>(steps).fill(first.inputs));
    return results.map((one) => lossOf(first.entry, one));
  };
  /** As training does, asks for the next steps before the losses of the last have come back. */
  const takeSteps = async (count: number): Promise<readonly number[]> => {
    const losses: number[] = [];
    let before: Promise<readonly number[]> = Promise.resolve([]);
    for (let asked = 0; asked < count; asked += atOnce) {
      const next = heard(group(Math.min(atOnce, count - asked)));
      losses.push(...(await before));
      before = next;
    }
    return [...losses, ...(await before)];
  };
  return { takeSteps, atOnce, chunk: compiled.chunk, dispose: () => session.dispose() };
}

function lossOf(entry: string, results: Tensors): number {
  const loss = results.get('loss')?.data[0];
  if (loss === undefined) throw new Error(`${entry} returned no loss`);
  return loss;
}

/** Calls that do not complete the step are under way together, as many as the session wants: as training does it. */
async function takeStep(session: Session, calls: readonly Call[]): Promise<number> {
  const underWay: Promise<Tensors>[] = [];
  for (const { entry, inputs, completes } of calls) {
    const running = session.run(entry, inputs);
    if (completes) {
      const [results] = await Promise.all([running, ...underWay]);
      return lossOf(entry, results);
    }
    underWay.push(heard(running));
    if (underWay.length >= session.parallel) await underWay.shift();
  }
  throw new Error('no call completes the step');
}

function firstWeights(program: Program, problem: PeerProblem): Tensors {
  return new Map(
    program.weights.map(({ name, type }): [string, Tensor] => {
      const data = problem.weights.get(name);
      if (data === undefined) throw new Error(`the peers have no weight ${name}`);
      return [name, { ...type, data }];
    }),
  );
}

/** The data do not change from step to step, as the peers' do not, and so every call's inputs are made once. */
function callsOfStep(program: Program, problem: PeerProblem): readonly Call[] {
  const plan = program.train[0];
  if (plan === undefined) throw new Error(`${problem.spec} has no train block`);
  const called = (name: string, firstTask: number): Call => {
    const entry = entryOf(program, name);
    const tasks = Array.from({ length: entry.tasks }, (_, task) => firstTask + task);
    const inputs = entry.inputs.map((input): [string, Tensor] => {
      if (input.kind === 'live')
        return [input.name, { ...input.type, data: Float32Array.from(tasks, (task) => (task < plan.batch ? 1 : 0)) }];
      const all = problem.inputs.get(input.name);
      if (all === undefined || input.kind !== 'draw') throw new Error(`the peers have no input ${input.name}`);
      const each = all.length / plan.batch;
      const data = new Float32Array(tasks.length * each);
      tasks.forEach((task, place) => {
        const first = Math.min(task, plan.batch - 1) * each;
        data.set(all.subarray(first, first + each), place * each);
      });
      return [input.name, { ...input.type, data }];
    });
    return { entry: name, inputs: new Map(inputs), completes: name !== plan.accumulate };
  };
  if (plan.step !== undefined) return [called(plan.step, 0)];
  if (plan.accumulate === undefined || plan.apply === undefined) throw new Error(`${problem.spec} has no step`);
  const calls: Call[] = [];
  const { tasks } = entryOf(program, plan.accumulate);
  for (let first = 0; first < plan.batch; first += tasks) calls.push(called(plan.accumulate, first));
  return [...calls, called(plan.apply, 0)];
}
