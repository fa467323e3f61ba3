/** @file A thread that is one of a LockstepSession's replicas. */
import { parentPort, workerData } from 'node:worker_threads';
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Program } from '../../../compiler/ir/ir.ts';
import type { Tensors } from '../../engine.ts';
import { loadRuntime } from './compile-entries.ts';
import { lockstepOf } from './lockstep-functions.ts';
import { Meeting, type MeetingPlace } from './meeting.ts';
import { Replica, type ReplicaStep } from './replica.ts';
import { answerRequests } from './thread.ts';

/** What the thread is started with. */
export interface ReplicaData {
  readonly program: Program;
  readonly place: MeetingPlace;
  /** From 0. */
  readonly replica: number;
}

export type ReplicaRequest =
  | { readonly kind: 'write'; readonly tensors: Tensors }
  | { readonly kind: 'read' }
  | { readonly kind: 'run'; readonly steps: readonly ReplicaStep[] }
  | { readonly kind: 'dispose' };

export interface ReplicaAnswer {
  /** Of `read`. */
  readonly tensors?: Tensors;
  /** Of `run`: those of each step. Of the first replica alone: all have the same. */
  readonly metrics?: readonly Float32Array[];
}

if (parentPort !== null) {
  const { program, place, replica: index } = workerData as ReplicaData;
  const replica = loadRuntime().then((runtime) => {
    const lockstep = lockstepOf(program, place.replicas);
    if (lockstep === undefined) throw new InternalError(`${program.name} has no steps for replicas`);
    return new Replica(runtime, lockstep, new Meeting(place, index));
  });
  answerRequests(parentPort, async (request: ReplicaRequest) => answer(request, await replica, index));
}

async function answer(request: ReplicaRequest, replica: Replica, index: number): Promise<ReplicaAnswer> {
  switch (request.kind) {
    case 'write':
      await replica.write(request.tensors);
      return {};
    case 'read':
      return { tensors: await replica.read() };
    case 'run': {
      const metrics = await replica.run(request.steps);
      return index === 0 ? { metrics } : {};
    }
    case 'dispose':
      await replica.dispose();
      return {};
  }
}
