/** @file A peer's problem on one of metac's engines: the outer step of the spec, called as training calls it. */
import { readFileSync } from 'node:fs';
import { compile } from '../../src/compiler/compile.ts';
import { renderDiagnostics } from '../../src/compiler/diagnostics/render.ts';
import type { Program } from '../../src/compiler/ir/ir.ts';
import type { Engine, Session, Tensors } from '../../src/runtime/engine.ts';
import { entryOf, initialState } from '../../src/runtime/run/initialize.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import type { PeerProblem } from './peer-problem.ts';

export interface Stepper {
  /** One outer step; the mean loss over its tasks. */
  readonly step: () => Promise<number>;
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
  readonly chunk?: number | undefined;
}

interface Call {
  readonly entry: string;
  readonly inputs: Tensors;
}

export async function prepareStepper(problem: PeerProblem, options: StepperOptions): Promise<Stepper> {
  const { engine, threads, chunk } = options;
  const source = { name: problem.spec, text: readFileSync(`${options.specs}/${problem.spec}`, 'utf8') };
  const compiled = compile(source, { settings: problem.settings, ...(chunk === undefined ? {} : { chunk }) });
  if (compiled.program === undefined) throw new Error(renderDiagnostics(source, compiled.diagnostics, { colour: false }));
  const { program } = compiled;
  const session = await engine.compile(program, threads === undefined ? {} : { threads });
  await session.write(new Map([...initialState(program), ...firstWeights(program, problem)]));
  const calls = callsOfStep(program, problem);
  return { step: () => takeStep(session, calls), chunk: compiled.chunk, dispose: () => session.dispose() };
}

async function takeStep(session: Session, calls: readonly Call[]): Promise<number> {
  let loss: number | undefined;
  for (const { entry, inputs } of calls) loss = (await session.run(entry, inputs)).get('loss')?.data[0] ?? loss;
  if (loss === undefined) throw new Error('no call of the step returned the loss');
  return loss;
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
    const inputs = entry.inputs.map((input): [string, Tensor] => {
      const all = problem.inputs.get(input.name);
      if (all === undefined || input.kind !== 'draw') throw new Error(`the peers have no input ${input.name}`);
      const each = all.length / plan.batch;
      return [input.name, { ...input.type, data: all.slice(firstTask * each, (firstTask + entry.tasks) * each) }];
    });
    return { entry: name, inputs: new Map(inputs) };
  };
  if (plan.step !== undefined) return [called(plan.step, 0)];
  if (plan.accumulate === undefined || plan.apply === undefined) throw new Error(`${problem.spec} has no step`);
  const calls: Call[] = [];
  const { tasks } = entryOf(program, plan.accumulate);
  for (let first = 0; first < plan.batch; first += tasks) calls.push(called(plan.accumulate, first));
  return [...calls, called(plan.apply, 0)];
}
