/** @file The problems of test/fixtures/*.json as .meta specs: what they are called there, and what their weights are called here. */

export interface FixtureSpec {
  readonly fixture: string;
  readonly text: (order: 'second' | 'first') => string;
  /** Weight name in the spec -> name in the fixture. */
  readonly weights: Readonly<Record<string, string>>;
  readonly orders: readonly ('second' | 'first')[];
  readonly classes: number;
}

const mlpWeights: Record<string, string> = {};
for (const index of [0, 1, 2]) {
  mlpWeights[`net.dense${index + 1}.kernel`] = `kernel${index}`;
  mlpWeights[`net.dense${index + 1}.bias`] = `bias${index}`;
}

function convWeights(model: string, head: boolean): Record<string, string> {
  const names: Record<string, string> = head ? { [`${model}.dense.kernel`]: 'kernel', [`${model}.dense.bias`]: 'bias' } : {};
  for (const index of [0, 1]) {
    names[`${model}.block${index + 1}.conv.kernel`] = `conv${index}`;
    names[`${model}.block${index + 1}.batch_norm.scale`] = `scale${index}`;
    names[`${model}.block${index + 1}.batch_norm.shift`] = `shift${index}`;
  }
  return names;
}

const mlp = `
tasks fixture { example { x ~ uniform(0, 1)  y ~ uniform(0, 1) }  shots 5  queries 6 }
model net(x) { return x |> dense(8) |> tanh |> dense(8) |> tanh |> dense(1) }
loss(f, part) = mse(f(part.x), part.y)
`;

function conv(queries: number, head: string): string {
  return `
tasks fixture { example { x ~ uniform(0, 1, shape: [8, 8, 1])  y ~ uniform(0, 1, shape: [3]) }  shots 6  queries ${queries} }
model net(x) {
  block(h) = h |> conv(4, kernel: 3) |> batch_norm(mode: transductive) |> relu |> max_pool(2)
  return x |> repeat(2, block) |> flatten${head}
}
loss(f, part) = cross_entropy(f(part.x), part.y)
`;
}

function maml(problem: string, rate: string, steps: number, alpha: number, tasks: number): (order: 'second' | 'first') => string {
  return (order) => `${problem}
adapt fast from net { minimize loss(fast, support)  using sgd(rate: ${rate})  steps ${steps}  through ${order === 'first' ? 'first_order' : 'everything'} }
alpha = ${alpha}
val = loss(net, query)
fewshot = loss(fast, query)
train { minimize alpha*val + (1 - alpha)*fewshot  report val, fewshot  using sgd(rate: 1)  batch ${tasks}  steps 1 }
`;
}

const rates = Object.fromEntries(Object.entries(mlpWeights).map(([name, fixture]) => [`fast.rate.${name}`, `rate/${fixture}`]));

export const fixtureSpecs: readonly FixtureSpec[] = [
  { fixture: 'maml-mlp-1-step', text: maml(mlp, '0.05', 1, 0, 3), weights: mlpWeights, orders: ['second', 'first'], classes: 0 },
  { fixture: 'maml-mlp-3-steps', text: maml(mlp, '0.05', 3, 0, 3), weights: mlpWeights, orders: ['second', 'first'], classes: 0 },
  { fixture: 'dual-loss-mlp', text: maml(mlp, '0.05', 2, 0.3, 3), weights: mlpWeights, orders: ['second', 'first'], classes: 0 },
  {
    fixture: 'meta-sgd-mlp',
    text: maml(mlp, 'learned(0.05, per: element)', 2, 0, 3),
    weights: { ...mlpWeights, ...rates },
    orders: ['second', 'first'],
    classes: 0,
  },
  {
    fixture: 'maml-conv-1-step',
    text: maml(conv(6, ' |> dense(3)'), '0.1', 1, 0, 2),
    weights: convWeights('net', true),
    orders: ['second', 'first'],
    classes: 3,
  },
  {
    fixture: 'maml-conv-3-steps',
    text: maml(conv(6, ' |> dense(3)'), '0.1', 3, 0.25, 2),
    weights: convWeights('net', true),
    orders: ['second', 'first'],
    classes: 3,
  },
  {
    fixture: 'prototypical-conv',
    text: () => `${conv(9, '')}
prototypes = transpose(support.y) @ net(support.x) / 2
train { minimize cross_entropy(-squared_distances(net(query.x), prototypes), query.y)  using sgd(rate: 1)  batch 2  steps 1 }
`,
    weights: convWeights('net', false),
    orders: ['second'],
    classes: 3,
  },
  {
    fixture: 'reptile-mlp',
    text: () => `${mlp}
adapt fast from net { minimize loss(fast, support)  using sgd(rate: 0.05)  steps 4 }
train { minimize half_squared_distance(net, stop(fast))  using sgd(rate: 1)  batch 3  steps 1 }
`,
    weights: mlpWeights,
    orders: ['second'],
    classes: 0,
  },
];
