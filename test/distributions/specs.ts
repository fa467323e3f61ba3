/** @file Small specs with distributions over weights and samples of them: each shows one thing. */

export const lines = `
tasks lines {
  slope ~ normal(0, 1)
  example { x ~ uniform(-1, 1)  y = slope*x }
  shots 4   queries 3
}
model net(x) { return x |> dense(3) |> tanh |> dense(1) }
`;

function train(loss: string, more = ''): string {
  return `train { minimize ${loss}  using sgd(rate: 1)  batch 2  steps 1  ${more} }`;
}

/** By what they show. */
export const probabilisticSpecs: Readonly<Record<string, string>> = {
  'a draw of weights, and their divergence': `${lines}
spread = learned(-1, like: net)
posterior = normal(net, exp(spread))
guess ~ posterior
${train('mse(guess(query.x), query.y) + 0.1*kl(posterior, normal(0*net, 2))')}`,
  'adapting a draw around an adapted learner': `${lines}
adapt towards(data) from net { minimize mse(towards(data)(data.x), data.y)  using sgd(rate: learned(0.3, per: element))  steps 1 }
prior = normal(towards(support), softplus(learned(-2, like: net)))
posterior = normal(towards(query), learned(0.2))
start ~ posterior
adapt fast(initial) from initial { minimize mse(fast(initial)(support.x), support.y)  using sgd(rate: 0.2)  steps 2 }
${train('mse(fast(start)(query.x), query.y) + kl(posterior, prior)')}`,
  'the likelihood of a mixture of samples': `${lines}
guess ~ normal(net, exp(learned(-1, like: net)))
likelihoods = samples(log_density(normal(guess(query.x), 0.3), query.y))
${train('-mean(log_mean_exp(likelihoods, axis: 0)) + 0.1*mse(guess(support.x), support.y)', 'draws 3')}`,
  'samples of an adapted learner, and of dropout': `${lines.replace('tanh', 'tanh |> dropout(0.3)')}
noise ~ normal(0, 0.1, shape: [shots, 1])
adapt fast from net { minimize mse(fast(support.x), support.y + noise)  using sgd(rate: 0.3)  steps 2 }
${train('mse(mean(samples(fast(query.x)), axis: 0), query.y) + mean(std(samples(noise), axis: 0))', 'draws 2')}`,
};
