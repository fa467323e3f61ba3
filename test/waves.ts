/** @file A small spec for tests of steps, calls and sessions: sinusoids of different phases, seven tasks a step. */

export interface Waves {
  /** Points in each set. */
  readonly points: number;
  /** Layers of the network before the last, as they stand in a pipe. */
  readonly layers: string;
  /** What the train block says of its objective and optimiser. */
  readonly train: string;
  readonly steps: number;
}

export function wavesSpec({ points, layers, train, steps }: Waves): string {
  return `
tasks waves {
  phase ~ uniform(0, pi)
  example { x ~ uniform(-5, 5)
            y = sin(x - phase) }
  shots ${points}   queries ${points}
}
model net(x) { return x |> ${layers} |> dense(1) }
adapt fast from net {
  minimize mse(fast(support.x), support.y)
  using    sgd(rate: 0.05)
  steps    2
}
train {
${train}
  report   apart: mae(fast(query.x), query.y)
  batch    7
  steps    ${steps}
}
evaluate {
  episodes 10
  report   mse(fast(query.x), query.y)
}
`;
}
