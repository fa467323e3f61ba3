/** @file Builds an entry function: its parameters are weights, states and inputs, each declared when it is first used. */
import type { Model, TracedTask } from '../check/model.ts';
import { InternalError } from '../diagnostics/internal-error.ts';
import { FunctionBuilder } from '../ir/build.ts';
import type { EntryFunction, InputDeclaration, Result, Value } from '../ir/ir.ts';
import { type TensorType, tensorType } from '../ir/tensor-type.ts';

export class EntryBuilder {
  readonly builder = new FunctionBuilder();
  readonly #tasks: number;
  readonly #stepState: string | undefined;
  readonly #inputs: InputDeclaration[] = [];
  readonly #parameters = new Map<string, Value>();

  /** `stepState` names the state that counts the outer steps, where there is one. */
  constructor(tasks: number, stepState: string | undefined) {
    this.#tasks = tasks;
    this.#stepState = stepState;
  }

  /** A weight or state as a parameter, made once. */
  resident(name: string, type: TensorType): Value {
    const known = this.#parameters.get(name);
    if (known !== undefined) return known;
    const value = this.builder.parameter(name, type);
    this.#parameters.set(name, value);
    return value;
  }

  /** An input as a parameter, made once. */
  input(declaration: InputDeclaration): Value {
    if (!this.#parameters.has(declaration.name)) this.#inputs.push(declaration);
    return this.resident(declaration.name, declaration.type);
  }

  /** The outer step, float[]; 0 where nothing is trained. */
  step(): Value {
    return this.#stepState === undefined ? this.builder.constant(0) : this.resident(this.#stepState, tensorType('float', []));
  }

  /** Arguments for a traced task, in the order of its parameters, and which of them have a task axis. */
  arguments(model: Model, task: TracedTask): { readonly operands: readonly Value[]; readonly mapped: readonly boolean[] } {
    const operands: Value[] = [];
    const mapped: boolean[] = [];
    for (const parameter of task.body.parameters) {
      const { name } = parameter;
      const binding = task.bindings.get(name);
      const type = parameter.value.type;
      const perTask = tensorType(type.dtype, [this.#tasks, ...type.shape]);
      if (binding === undefined) throw new InternalError(`parameter ${name} of a traced task has no binding`);
      mapped.push(binding.kind === 'draw' || binding.kind === 'examples');
      switch (binding.kind) {
        case 'weight':
        case 'state':
          operands.push(this.resident(name, type));
          break;
        case 'step':
          operands.push(this.step());
          break;
        case 'draw':
          operands.push(
            this.input({
              kind: 'draw',
              name,
              type: perTask,
              distribution: binding.distribution,
              stream: name,
              perTask: true,
              tasks: binding.tasks,
            }),
          );
          break;
        case 'examples':
          operands.push(
            this.input({ kind: 'examples', name, type: perTask, tasks: binding.tasks, episode: binding.episode, part: binding.part }),
          );
          break;
        case 'data':
          operands.push(this.input({ kind: 'data', name, type, tasks: binding.tasks }));
          break;
      }
    }
    if (model.weights.length === 0 && operands.length === 0) throw new InternalError('a traced task without parameters');
    return { operands, mapped };
  }

  finish(name: string, results: readonly Result[]): EntryFunction {
    return { name, body: this.builder.finish(results), tasks: this.#tasks, inputs: this.#inputs };
  }
}
