/**
 * @file What the backends of TensorFlow.js 4.22 can do, and what is done in another way there. Every entry has its reason; times were
 * measured on one core with tensors of 30,000 floats, the rest read in the backends' sources.
 */

/** Fastest first for the problems of this language; `tensorflow` is the native library of tfjs-node and tfjs-node-gpu. */
export const BACKENDS = ['tensorflow', 'wasm', 'webgpu', 'webgl', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

export function isBackendName(name: string): name is BackendName {
  return (BACKENDS as readonly string[]).includes(name);
}

interface Fact<T> {
  readonly value: T;
  readonly reason: string;
}

/** Nanoseconds of a cut along one dimension; everything in elements. */
export interface CutCosts {
  readonly slicePerOperand: number;
  readonly slicePerRow: number;
  readonly slicePerResult: number;
  readonly gatherPerResult: number;
}

export interface Capabilities {
  /** Kernels get operands of at most this many dimensions. */
  readonly maxRank: Fact<number>;
  /** Slice or GatherV2, whichever is cheaper; undefined: always Slice. */
  readonly cuts: Fact<CutCosts | undefined>;
  /** How a tensor is stretched. */
  readonly stretch: Fact<'Tile' | 'Multiply'>;
  /** Kernels of two floats that stretch any dimension at no great cost; others get operands that are stretched already. */
  readonly broadcasting: Fact<'all' | readonly string[]>;
  /** The innermost dimensions first, each group in a kernel of its own; or all at once. */
  readonly reductions: Fact<'at once' | 'innermost first'>;
  /** Sums over leading dimensions as products with ones. */
  readonly sumsByProducts: Fact<boolean>;
  /** Multiply-adds of one matrix product above which the products of a stack run one by one; Infinity: never. */
  readonly separateProducts: Fact<number>;
  /** Whether BatchMatMul transposes its operands as fast as it multiplies. */
  readonly transposedProducts: Fact<boolean>;
  /** Whether a tensor may be the right operand of products under one shape and, reshaped, of others under another. */
  readonly reshapedProducts: Fact<boolean>;
  /** Where Conv2D has the channels of images. */
  readonly images: Fact<'NHWC' | 'NCHW'>;
  /** Windows that do not overlap: put in rows by a transpose, or picked element by element. */
  readonly windows: Fact<'transposed' | 'gathered'>;
}

function fact<const T>(value: T, reason: string): { readonly value: T; readonly reason: string } {
  return { value, reason };
}

const NATIVE = 'the kernel does it well';

/** What holds for backends that are compiled for their hardware. */
const COMPILED = {
  cuts: fact(undefined, NATIVE),
  stretch: fact('Tile', NATIVE),
  broadcasting: fact('all', NATIVE),
  reductions: fact('at once', NATIVE),
  sumsByProducts: fact(false, NATIVE),
  separateProducts: fact(Number.POSITIVE_INFINITY, 'the stack is split over threads or work groups'),
  transposedProducts: fact(true, NATIVE),
  reshapedProducts: fact(true, NATIVE),
  images: fact('NHWC', 'Conv2D on CPU and GPU takes it; NCHW is refused or transposed there'),
  windows: fact('transposed', 'one kernel that moves whole rows'),
} as const;

export const CAPABILITIES: Readonly<Record<BackendName, Capabilities>> = {
  tensorflow: {
    ...COMPILED,
    maxRank: fact(5, 'TensorFlow refuses broadcasts between tensors of rank 6'),
  },
  wasm: {
    maxRank: fact(4, 'generic loops above rank 4'),
    cuts: fact(
      { slicePerOperand: 0.4, slicePerRow: 100, slicePerResult: 0.5, gatherPerResult: 35 },
      'Slice copies its whole operand out of the heap, then row by row; GatherV2 checks and copies every element',
    ),
    stretch: fact('Multiply', 'Tile takes 40 ns an element, a product with ones that broadcasts 1.5'),
    broadcasting: fact(
      ['Add', 'Sub', 'Multiply', 'RealDiv'],
      'only these run in XNNPACK; the others take 80 ns an element when they broadcast',
    ),
    reductions: fact('innermost first', 'the kernel transposes its operand until the reduced dimensions are innermost'),
    sumsByProducts: fact(false, 'the transpose is as fast'),
    separateProducts: fact(20_000, 'a stack runs in a naive loop (2 GFLOP/s); a single product runs in XNNPACK'),
    transposedProducts: fact(false, 'with transposeA or transposeB even a single product runs in the naive loop'),
    reshapedProducts: fact(
      false,
      'XNNPACK operators are kept by the id of the right operand’s elements whatever its shape: another shape reads and writes out of bounds',
    ),
    images: fact('NHWC', 'Conv2D refuses NCHW'),
    windows: fact('transposed', '1.5 to 6 ns an element against 35'),
  },
  webgpu: {
    ...COMPILED,
    maxRank: fact(4, 'lower ranks have simpler shaders'),
  },
  webgl: {
    ...COMPILED,
    maxRank: fact(4, 'textures of rank 5 and 6 have no packed shaders'),
  },
  cpu: {
    maxRank: fact(6, 'TensorFlow.js has no tensors of higher rank'),
    cuts: fact(
      { slicePerOperand: 0, slicePerRow: 400, slicePerResult: 400, gatherPerResult: 55 },
      'Slice of anything but whole leading rows computes every index anew; GatherV2 somewhat less',
    ),
    stretch: fact('Tile', '18 ns an element against 68 of a product that broadcasts'),
    broadcasting: fact([], '68 ns an element, or 5 without'),
    reductions: fact('innermost first', 'transposes its operand at 25 ns an element'),
    sumsByProducts: fact(true, '2 ns an element against 25 of Sum with its transpose'),
    separateProducts: fact(Number.POSITIVE_INFINITY, 'one loop for all'),
    transposedProducts: fact(true, NATIVE),
    reshapedProducts: fact(true, NATIVE),
    images: fact('NCHW', 'the loops take any strides, transposes are slow'),
    windows: fact('gathered', '50 ns an element against 120 of a transpose of rank 5'),
  },
};
