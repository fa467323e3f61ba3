/** @file The peers' problems (peer_common.py): their data and first weights, from the same seeds, under the names of bench/specs/*-fed.meta. */
import { NumpyRandom } from './numpy-random.ts';

export type Workload = 'w1' | 'w2' | 'w4';

export interface Configuration {
  readonly workload: Workload;
  /** Tasks per outer step. */
  readonly tasks: number;
  /** Inner steps; 0 for w4. */
  readonly innerSteps: number;
}

export interface PeerProblem {
  /** The spec in bench/specs/. */
  readonly spec: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Row-major, under the spec's names. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Per input of the spec, all tasks: row-major with the tasks first. */
  readonly inputs: ReadonlyMap<string, Float32Array>;
}

const PIXELS = 28 * 28;
const FILTERS = 64;

export function peerProblem({ workload, tasks, innerSteps }: Configuration): PeerProblem {
  const weights = workload === 'w1' ? denseWeights() : convolutionWeights(workload === 'w2' ? 'net' : 'embed', workload === 'w2');
  if (workload === 'w1')
    return { spec: 'w1-fed.meta', settings: new Map([['steps_inside', String(innerSteps)]]), weights, inputs: sinusoids(tasks) };
  if (workload === 'w2') {
    const settings = new Map([
      ['steps_inside', String(innerSteps)],
      ['tasks_a_step', String(tasks)],
    ]);
    return { spec: 'w2-fed.meta', settings, weights, inputs: images(tasks, 5, 1, 15) };
  }
  return { spec: 'w4-fed.meta', settings: new Map(), weights, inputs: images(1, 20, 5, 5) };
}

function named(parts: Readonly<Record<string, Float64Array | Float32Array>>): ReadonlyMap<string, Float32Array> {
  return new Map(Object.entries(parts).map(([name, values]) => [name, Float32Array.from(values)]));
}

/** amplitude * sin(x - phase), ten support and ten query points a task. */
function sinusoids(tasks: number): ReadonlyMap<string, Float32Array> {
  const random = new NumpyRandom(0);
  const amplitude = random.uniform(0.1, 5, tasks);
  const phase = random.uniform(0, Math.PI, tasks);
  const [support, query] = [random.uniform(-5, 5, tasks * 10), random.uniform(-5, 5, tasks * 10)];
  const heights = (xs: Float64Array): Float64Array =>
    xs.map((x, index) => {
      const task = Math.floor(index / 10);
      return (amplitude[task] ?? 0) * Math.sin(x - (phase[task] ?? 0));
    });
  return named({ 'fed.support.x': support, 'fed.support.y': heights(support), 'fed.query.x': query, 'fed.query.y': heights(query) });
}

/** Images of a class are its prototype and noise. Class-major. */
function images(tasks: number, ways: number, shots: number, queries: number): ReadonlyMap<string, Float32Array> {
  const random = new NumpyRandom(0);
  const prototypes = random.uniform(0, 1, tasks * ways * PIXELS);
  const drawn = (each: number): Float64Array =>
    random.standardNormal(tasks * ways * each * PIXELS).map((noise, index) => {
      const row = Math.floor(index / (each * PIXELS));
      return (prototypes[row * PIXELS + (index % PIXELS)] ?? 0) + 0.5 * noise;
    });
  const labels = (each: number): Float64Array =>
    Float64Array.from({ length: tasks * ways * each * ways }, (_, index) => {
      const example = Math.floor(index / ways);
      return Math.floor(example / each) % ways === index % ways ? 1 : 0;
    });
  return named({
    'fed.support.x': drawn(shots),
    'fed.query.x': drawn(queries),
    'fed.support.y': labels(shots),
    'fed.query.y': labels(queries),
  });
}

function denseWeights(): ReadonlyMap<string, Float32Array> {
  const random = new NumpyRandom(1);
  const sizes = [1, 40, 40, 1];
  const parts: Record<string, Float64Array> = {};
  for (let layer = 1; layer < sizes.length; layer++) {
    const [fanIn, fanOut] = [sizes[layer - 1] ?? 0, sizes[layer] ?? 0];
    parts[`net.dense${layer}.kernel`] = random.uniform(-1, 1, fanIn * fanOut).map((value) => value / Math.sqrt(fanIn));
    parts[`net.dense${layer}.bias`] = new Float64Array(fanOut);
  }
  return named(parts);
}

/** Kernels are [height, width, in, out] in both. */
function convolutionWeights(model: string, head: boolean): ReadonlyMap<string, Float32Array> {
  const random = new NumpyRandom(1);
  const parts: Record<string, Float64Array> = {};
  let channels = 1;
  for (let block = 1; block <= 4; block++) {
    const scale = Math.sqrt(2 / (9 * channels));
    parts[`${model}.block${block}.conv.kernel`] = random.standardNormal(9 * channels * FILTERS).map((value) => value * scale);
    parts[`${model}.block${block}.batch_norm.scale`] = new Float64Array(FILTERS).fill(1);
    parts[`${model}.block${block}.batch_norm.shift`] = new Float64Array(FILTERS);
    channels = FILTERS;
  }
  if (head) {
    parts[`${model}.dense.kernel`] = random.standardNormal(FILTERS * 5).map((value) => value * 0.01);
    parts[`${model}.dense.bias`] = new Float64Array(5);
  }
  return named(parts);
}
