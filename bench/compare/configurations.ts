/** @file What is measured: the peers' workloads, who else runs each of them, and the losses that all of them must find. */
import type { DeviceName } from '../../src/engine-names.ts';
import type { Configuration } from '../problems/peer-problem.ts';

/** Where everybody runs. PyTorch's loops over tasks are only measured on the processor. */
export const BENCH_DEVICES = ['cpu', 'cuda'] as const;
export type BenchDevice = (typeof BENCH_DEVICES)[number];

/** One variant of a peer's script, `<library>_peer.py --variant <variant>`. */
export interface PeerVariant {
  readonly library: 'jax' | 'torch';
  readonly variant: string;
  readonly threads: number;
  /** Outer steps per call: the losses of a variant that returns one per hundred steps compare only at the first. */
  readonly oneLossPerCall?: true;
  /** How many times faster than this variant metac has to be, with no more memory; undefined where nothing was promised. */
  readonly goal?: number;
}

/** One way to run metac: an engine, and whether steps are handed to it one by one. */
export interface MetacVariant {
  readonly name: string;
  readonly engine: 'onnx' | 'xla';
  readonly device: DeviceName;
  /** Undefined: as many steps as the engine wants. */
  readonly atOnce?: 1;
  /** How many times faster than the best variant of JAX that takes one step a call; undefined where nothing was promised. */
  readonly goalOverJax?: number;
}

/** Who runs on a kind of device. */
export interface Lineup {
  /** What the others are compared with. */
  readonly metac: MetacVariant;
  /** metac in other ways, where they work. */
  readonly others: readonly MetacVariant[];
  readonly peers: readonly PeerVariant[];
}

export interface Comparison extends Configuration {
  /** For `--only`: workload, tasks, inner steps. */
  readonly id: string;
  readonly title: string;
  /** Losses of the first three outer steps, as the peers' authors recorded them. */
  readonly losses: readonly number[];
  /** Largest relative difference of the first loss, and of the later ones; undefined where rounding makes those drift apart between the peers too. */
  readonly tolerance: readonly [first: number, later: number | undefined];
  readonly lineups: Readonly<Record<BenchDevice, Lineup>>;
  /** Seconds of timed steps, and the fewest samples. */
  readonly budget: number;
  readonly leastSamples: number;
}

const jax = (variant: string, threads = 2): PeerVariant => ({ library: 'jax', variant, threads });
const torch = (variant: string, threads = 2): PeerVariant => ({ library: 'torch', variant, threads });
const jaxScan = (threads: number): PeerVariant => ({ ...jax('scan', threads), oneLossPerCall: true });
const promised = (goal: number, peer: PeerVariant): PeerVariant => ({ ...peer, goal });

const onnx: MetacVariant = { name: 'metac', engine: 'onnx', device: 'cpu' };
const xlaStepByStep: MetacVariant = { name: 'metac xla, one step a call', engine: 'xla', device: 'cpu', atOnce: 1, goalOverJax: 1 };
const xlaManySteps = (goalOverJax: number): MetacVariant => ({ name: 'metac xla', engine: 'xla', device: 'cpu', goalOverJax });

const onProcessor = (peers: readonly PeerVariant[], ...others: MetacVariant[]): Lineup => ({ metac: onnx, others, peers });

/** On a graphics card: XLA before the others, and every peer is to be beaten by `goal`. */
const onGraphicsCard = (goal: number, ...peers: PeerVariant[]): Lineup => ({
  metac: { name: 'metac xla', engine: 'xla', device: 'cuda' },
  others: [
    { name: 'metac xla, one step a call', engine: 'xla', device: 'cuda', atOnce: 1 },
    { name: 'metac onnx, CUDA', engine: 'onnx', device: 'cuda' },
    { name: 'metac onnx, WebGPU', engine: 'onnx', device: 'webgpu' },
    { name: 'metac onnx, processor', engine: 'onnx', device: 'cpu' },
  ],
  peers: peers.map((peer) => (peer.oneLossPerCall === true ? peer : promised(goal, peer))),
});

const sinusoidPeers: readonly PeerVariant[] = [
  promised(1, jax('vmap', 1)),
  promised(50, torch('l2l', 1)),
  promised(1, jax('vmap', 2)),
  jaxScan(1),
  torch('compile_func', 1),
];
const loops: readonly PeerVariant[] = [promised(1, torch('l2l')), promised(1, torch('eager'))];
const fewTasksPeers: readonly PeerVariant[] = [...loops, torch('torchopt'), jax('im2col_map')];
const manyTasksPeers: readonly PeerVariant[] = [...loops, jax('im2col_map')];
const prototypePeers: readonly PeerVariant[] = [promised(1, torch('eager_cl')), promised(1, torch('eager')), jax('im2col'), jax('vmap_rm')];

function sinusoid(innerSteps: number, losses: readonly number[]): Comparison {
  return {
    id: `w1-25-${innerSteps}`,
    title: `W1: MAML on sinusoids, 25 tasks, ${steps(innerSteps)}, second order`,
    workload: 'w1',
    tasks: 25,
    innerSteps,
    losses,
    tolerance: [2e-5, 2e-5],
    lineups: {
      cpu: onProcessor(sinusoidPeers, xlaStepByStep, xlaManySteps(3)),
      cuda: onGraphicsCard(5, jax('vmap'), jaxScan(2), torch('compile_func'), torch('func')),
    },
    budget: 1.5,
    leastSamples: 5,
  };
}

function omniglot(tasks: number, innerSteps: number, losses: readonly number[]): Comparison {
  return {
    id: `w2-${tasks}-${innerSteps}`,
    title: `W2: MAML on 28x28 images, conv4 with max-pool, 5-way 1-shot, ${tasks} tasks, ${steps(innerSteps)}, second order`,
    workload: 'w2',
    tasks,
    innerSteps,
    losses,
    // At five steps the peers' own first losses differ by 1.3e-3 (JAX and PyTorch, 32 tasks).
    tolerance: innerSteps === 1 ? [2e-5, 5e-4] : [2e-3, undefined],
    lineups: {
      cpu: onProcessor(tasks > 8 ? manyTasksPeers : fewTasksPeers, xlaManySteps(1)),
      cuda: onGraphicsCard(1, jax('vmap'), jax('vmap_rm'), jax('im2col'), torch('compile_func'), torch('compile_func_im2col')),
    },
    budget: 5,
    leastSamples: 3,
  };
}

function steps(count: number): string {
  return `${count} inner step${count === 1 ? '' : 's'}`;
}

export const comparisons: readonly Comparison[] = [
  sinusoid(1, [3.74858, 3.71768, 3.6898]),
  sinusoid(5, [3.53277, 3.5182, 3.5045]),
  omniglot(4, 1, [1.80685, 1.73968, 1.59382]),
  omniglot(4, 5, [2.26187, 1.74314, 1.6104]),
  omniglot(32, 1, [1.81406, 1.63992, 1.59926]),
  omniglot(32, 5, [2.57032, 2.04281, 1.72908]),
  {
    id: 'w4-1-0',
    title: 'W4: Prototypical Networks, conv4, 20-way 5-shot, 5 queries',
    workload: 'w4',
    tasks: 1,
    innerSteps: 0,
    losses: [3.69223, 0.86313, 0.15871],
    tolerance: [2e-5, 4e-4],
    lineups: {
      cpu: onProcessor(prototypePeers, xlaManySteps(1)),
      cuda: onGraphicsCard(1, jax('vmap'), jax('vmap_rm'), torch('compile_func'), torch('eager_cl'), torch('eager')),
    },
    budget: 5,
    leastSamples: 5,
  },
];

export type Agreement = 'agree' | 'first agrees' | 'DIFFER';

/** Whether losses are those expected; `first agrees` where only the first can be compared. */
export function agreement(comparison: Comparison, losses: readonly number[], onlyFirst = false): Agreement {
  const [first, later] = comparison.tolerance;
  const near = (index: number, tolerance: number): boolean => {
    const [found, expected] = [losses[index] ?? Number.NaN, comparison.losses[index] ?? Number.NaN];
    return Math.abs(found - expected) <= tolerance * Math.abs(expected) + 5e-6;
  };
  if (!near(0, first)) return 'DIFFER';
  if (later === undefined || onlyFirst) return 'first agrees';
  return near(1, later) && near(2, later) ? 'agree' : 'DIFFER';
}
