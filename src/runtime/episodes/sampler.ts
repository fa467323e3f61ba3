/** @file Makes the inputs of an entry function: its random draws and the rows of its episodes, for any step and any chunk of tasks. */
import { InternalError } from '../../compiler/diagnostics/internal-error.ts';
import type { EntryFunction, EpisodeShape, InputDeclaration, TaskSource } from '../../compiler/ir/ir.ts';
import { printType, sizeOf } from '../../compiler/ir/tensor-type.ts';
import { checkEpisodes } from '../data/check-episodes.ts';
import type { ResidentClass, ResidentImages } from '../data/resident.ts';
import type { Phase } from '../data/splits.ts';
import type { Tensors } from '../engine.ts';
import { fillNormal, fillUniform, SHARED_TASK, streamKey } from '../random/stream.ts';
import type { Tensor } from '../tensor.ts';
import { drawEpisode } from './classes.ts';
import { TaskPool } from './pool.ts';

export interface SamplerContext {
  readonly seed: number;
  readonly phase: Phase;
  readonly sources: readonly TaskSource[];
  readonly episodeShapes: readonly EpisodeShape[];
  /** By tasks block. */
  readonly resident: ReadonlyMap<string, ResidentImages>;
  /** Tasks of a whole step, of which a call handles a chunk. */
  readonly batch: number;
}

/** Where a task's numbers come from: a coordinate of the generator. */
interface TaskPlace {
  readonly step: number;
  readonly task: number;
}

type Fill = (step: number, firstTask: number) => Tensor;

/**
 * The numbers of (seed, phase, step, task) are the same whatever the chunk. In training, a pool replaces (step, task) by the pool's
 * task, so its data are the same at every visit; validation and test draw from streams of their own and never from the pool.
 */
export class InputSampler {
  readonly #fills: ReadonlyMap<string, Fill>;

  constructor(entry: EntryFunction, context: SamplerContext) {
    const fills = new Map<string, Fill>();
    const places = new Map(context.sources.map((source) => [source.name, placesOf(source, context)]));
    for (const input of entry.inputs) {
      if (input.kind === 'draw') fills.set(input.name, drawFill(input, entry, context, places));
      if (input.kind === 'examples') fills.set(input.name, examplesFill(input, entry, context, places));
      if (input.kind === 'live') fills.set(input.name, liveFill(input, context));
    }
    this.#fills = fills;
  }

  /** @param firstTask index within the step of the first task of this call. */
  inputs(step: number, firstTask: number): Tensors {
    const inputs = new Map<string, Tensor>();
    for (const [name, fill] of this.#fills) inputs.set(name, fill(step, firstTask));
    return inputs;
  }
}

interface Places {
  /** Separates the streams of pooled tasks from those of fresh ones. */
  readonly label: string;
  at(step: number, task: number): TaskPlace;
}

/** Places of a call beyond the step's tasks get the last task again. */
function placesOf(source: TaskSource, context: SamplerContext): Places {
  const { seed, phase, batch } = context;
  if (source.pool === 0 || phase !== 'train') return freshPlaces(context);
  const pool = new TaskPool(source.pool, seed, source.name);
  return { label: 'train pool', at: (step, task) => ({ step: 0, task: pool.at(step * batch + Math.min(task, batch - 1)) }) };
}

function freshPlaces({ phase, batch }: SamplerContext): Places {
  return { label: phase, at: (step, task) => ({ step, task: Math.min(task, batch - 1) }) };
}

function liveFill({ type }: Extract<InputDeclaration, { kind: 'live' }>, { batch }: SamplerContext): Fill {
  return (_, firstTask) => ({
    dtype: 'float',
    shape: type.shape,
    data: Float32Array.from({ length: sizeOf(type.shape) }, (__, task) => (firstTask + task < batch ? 1 : 0)),
  });
}

function drawFill(
  input: Extract<InputDeclaration, { kind: 'draw' }>,
  entry: EntryFunction,
  context: SamplerContext,
  places: ReadonlyMap<string, Places>,
): Fill {
  const { type, perTask } = input;
  const fill = input.distribution === 'uniform' ? fillUniform : fillNormal;
  const pooled = input.tasks === undefined ? undefined : places.get(input.tasks);
  const { label, at } = perTask && pooled !== undefined ? pooled : freshPlaces(context);
  const key = streamKey(context.seed, label, 'draw', input.stream);
  const size = sizeOf(type.shape);
  if (type.dtype !== 'float' || (perTask && type.shape[0] !== entry.tasks))
    throw new InternalError(`input ${input.name} of ${entry.name}: ${printType(type)} for draws of ${entry.tasks} tasks`);
  return (step, firstTask) => {
    const data = new Float32Array(size);
    if (!perTask) fill(data, 0, size, key, step, SHARED_TASK);
    else {
      const each = size / entry.tasks;
      for (let task = 0; task < entry.tasks; task++) {
        const place = at(step, firstTask + task);
        fill(data, task * each, each, key, place.step, place.task);
      }
    }
    return { dtype: 'float', shape: type.shape, data };
  };
}

function examplesFill(
  input: Extract<InputDeclaration, { kind: 'examples' }>,
  entry: EntryFunction,
  context: SamplerContext,
  places: ReadonlyMap<string, Places>,
): Fill {
  const { classes, shape } = imageEpisodes(input, context);
  const { ways, shots, queries } = shape;
  const { label, at } = places.get(input.tasks) ?? freshPlaces(context);
  const key = streamKey(context.seed, label, 'episode', input.tasks, input.episode);
  const each = ways * (input.part === 'support' ? shots : queries);
  if (input.type.dtype !== 'int' || sizeOf(input.type.shape) !== entry.tasks * each)
    throw new InternalError(`input ${input.name} of ${entry.name}: ${printType(input.type)} for ${entry.tasks} times ${each} examples`);
  return (step, firstTask) => {
    const data = new Int32Array(entry.tasks * each);
    for (let task = 0; task < entry.tasks; task++) {
      const place = at(step, firstTask + task);
      const rows = drawEpisode(classes, ways, shots, queries, key, place.step, place.task);
      data.set(rows[input.part], task * each);
    }
    return { dtype: 'int', shape: input.type.shape, data };
  };
}

function imageEpisodes(
  input: Extract<InputDeclaration, { kind: 'examples' }>,
  { phase, resident, episodeShapes }: SamplerContext,
): { classes: readonly ResidentClass[]; shape: EpisodeShape } {
  const shape = episodeShapes.find(({ tasks }) => tasks === input.tasks);
  const images = resident.get(input.tasks);
  if (shape === undefined || images === undefined)
    throw new InternalError(`input ${input.name}: no ${shape === undefined ? 'episode shape' : 'data'} of ${input.tasks}`);
  checkEpisodes(images, phase, shape);
  return { classes: images.classes[phase], shape };
}
