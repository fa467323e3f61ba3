/** @file An engine for tests of the runtime: the reference evaluator with float32 or float64 residents, and faults on request. */
import { evaluateFunction } from '../../../src/compiler/ir/evaluate/evaluate.ts';
import { type HostArray, hostArray } from '../../../src/compiler/ir/host-array.ts';
import { type Engine, runOneByOne, type Session, type Tensors } from '../../../src/runtime/engine.ts';
import { Turns } from '../../../src/runtime/engines/turns.ts';
import { entryOf } from '../../../src/runtime/run/initialize.ts';
import type { Tensor } from '../../../src/runtime/tensor.ts';

export interface HostEngineOptions {
  /** Sees every call before it is made. */
  readonly onRun?: (entry: string, call: number) => void | Promise<void>;
}

export function hostEngine({ onRun }: HostEngineOptions = {}): Engine {
  return {
    name: 'host',
    floatBytes: 4,
    probe: async () => ({ available: true, detail: 'for tests' }),
    compile: async (program): Promise<Session> => {
      const resident = new Map<string, Tensor>();
      const kept = new Set([...program.weights, ...program.state].map(({ name }) => name));
      const turns = new Turns();
      let calls = 0;
      const run = async (name: string, inputs: Tensors): Promise<Tensors> => {
        await onRun?.(name, calls++);
        const { body } = entryOf(program, name);
        const results = evaluateFunction(
          body,
          body.parameters.map((parameter) => toHost(inputs.get(parameter.name) ?? resident.get(parameter.name))),
        );
        const returned = new Map<string, Tensor>();
        body.results.forEach((result, index) => {
          const { type, data } = results[index] as HostArray;
          const tensor = single({ dtype: type.dtype, shape: type.shape, data });
          if (kept.has(result.name)) resident.set(result.name, tensor);
          else returned.set(result.name, tensor);
        });
        return returned;
      };
      const session: Session = {
        parallel: 1,
        write: async (tensors) => {
          for (const [name, tensor] of tensors) resident.set(name, single(tensor));
        },
        read: async (names) => new Map(names.map((name) => [name, copy(resident.get(name))])),
        run: (name, inputs) => turns.take(() => run(name, inputs)),
        callsAtOnce: () => 1,
        runMany: (name, inputs) => runOneByOne(session, name, inputs),
        dispose: async () => resident.clear(),
      };
      return session;
    },
  };
}

function single(tensor: Tensor): Tensor {
  return tensor.dtype === 'float' ? { ...tensor, data: Float32Array.from(tensor.data) } : tensor;
}

function copy(tensor: Tensor | undefined): Tensor {
  if (tensor === undefined) throw new Error('no such resident tensor');
  return { ...tensor, data: tensor.data.slice() };
}

function toHost(tensor: Tensor | undefined): HostArray {
  if (tensor === undefined) throw new Error('an input is missing');
  return hostArray(tensor.dtype, tensor.shape, tensor.data);
}
