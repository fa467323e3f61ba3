/** @file Small specs with recurrences: each shows one thing that a recurrence can be combined with. */

const waves = `
tasks waves {
  phase ~ uniform(0, 6)
  example { x = sin(phase + 0.5*range(6))  y = sin(phase + 3) }
  shots 3   queries 2
}
`;
const lines = `
tasks lines {
  slope ~ normal(0, 1)
  example { x ~ uniform(-1, 1)  y = slope*x }
  shots 4   queries 3
}
`;
const rnn = `
model net(sequence) {
  step(before, item) = {
    cell = lstm_cell(column(item), before.cell, units: 3)
    return (state: (cell: cell.state, sum: before.sum + mean(cell.output)), output: cell.output |> dense(1))
  }
  run = scan(step, from: (cell: zeros([2, COUNT, 3]), sum: 0), over: sequence)
  return run.output[5] + 0.1*run.state.sum
}
`;

function train(loss: string): string {
  return `train { minimize ${loss}  using sgd(rate: 1)  batch 2  steps 1 }`;
}

/** By what they show. */
export const recurrentSpecs: Readonly<Record<string, string>> = {
  'a recurrent model': `${waves}${rnn.replace('COUNT', 'shots')}${train('mse(net(transpose(support.x)), support.y)')}`,
  'a recurrent model that is adapted': `${waves.replace('shots 3', 'shots 2')}${rnn.replace('COUNT', '2')}
adapt fast from net { minimize mse(fast(transpose(support.x)), support.y)  using sgd(rate: 0.1)  steps 2 }
${train('mse(fast(transpose(query.x)), query.y)')}`,
  'a recurrence in a recurrence': `${waves}
model net(x) {
  outer(before, item) = {
    inner(h, v) = (state: tanh(dense(concat(h, item, v |> column |> reshape([1], whole: true)), 2)))
    last = scan(inner, from: before, over: x).state
    return (state: last, output: sum(last))
  }
  return scan(outer, from: zeros([2]), over: column(x)).output
}
${train('mean(e in support: mse(net(e.x), fill([6], e.y[0])))')}`,
  'backwards, and over a record': `${waves}
model net(x) {
  step(before, item) = (state: tanh(item.k*before + item.x*weight([2])), output: before)
  run = scan(step, from: zeros([2]), over: (x: x, k: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]), reverse: true)
  return sum(run.output) + sum(run.state)
}
${train('mean(e in support: (net(e.x) - e.y[0])^2)')}`,
  'stopped values, and draws for each step': `${waves}
model net(x) {
  step(before, item) = {
    noise ~ normal(0, 0.1, shape: [2])
    next = tanh(dense(concat(before, column(item)), 2) + noise)
    return (state: 0.5*next + 0.5*stop(next*before), output: sum(next))
  }
  return scan(step, from: zeros([2]), over: column(x)).output
}
${train('mean(e in support: mse(net(e.x), fill([6], e.y[0])))')}`.replaceAll('concat(before, column(item))', 'concat(before, item)'),
  'an inner loop': `${lines}
model net(x) { return x |> dense(3) |> tanh |> dense(1) }
inner(learner, item) = (state: learner - 0.1*gradient(mse(learner(support.x), support.y), of: learner))
last = scan(inner, from: net, over: 1..3).state
${train('mse(last(query.x), query.y)')}`,
};

/** The last of these, with `adapt`. */
export const unrolledInnerLoop = `${lines}
model net(x) { return x |> dense(3) |> tanh |> dense(1) }
adapt last from net { minimize mse(last(support.x), support.y)  using sgd(rate: 0.1)  steps 3 }
${train('mse(last(query.x), query.y)')}`;

const regression = `${lines}
model net(x) { return x |> dense(3) |> tanh |> dense(1) }
`;

/** Momentum as a rule of one's own, and as metac has it. */
export const ownMomentum = `${regression}
momentum(gradient, state) = {
  velocity = 0.9*state + gradient
  return (step: -0.1*velocity, state: velocity)
}
adapt fast from net { minimize mse(fast(support.x), support.y)  using elementwise(momentum, from: 0)  steps 3 }
${train('mse(fast(query.x), query.y)')}`;
export const givenMomentum = `${regression}
adapt fast from net { minimize mse(fast(support.x), support.y)  using sgd(rate: 0.1, momentum: 0.9)  steps 3 }
${train('mse(fast(query.x), query.y)')}`;

/** A learned optimiser: a small LSTM for each weight of the learner. */
export const learnedOptimiser = `${regression}
model rule(gradient, state) {
  cell = lstm_cell([gradient, sign(gradient)], state.cell, units: 3)
  return (step: 0.1*dense(cell.output, 1), state: (cell: cell.state))
}
adapt fast from net {
  minimize mse(fast(support.x), support.y)
  using    elementwise(rule, from: (cell: zeros([2, 3])))
  steps    3
  through  first_order
}
train { minimize sum(k in 1..3: mse(fast[k](support.x), support.y))  using sgd(rate: 1)  over rule  batch 2  steps 1 }`;
