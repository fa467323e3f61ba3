/** @file Words of Python, PyTorch and JAX at the head of a statement, and what says the same here. */

const SAID_SO: Readonly<Record<string, string>> = {
  def: 'a function is written `f(x) = …`, a model `model net(x) { return … }`',
  class: 'a model is written `model net(x) { return … }`',
  lambda: 'a function has a name: `f(x) = …`',
  import: 'there is nothing to import: layers, losses and optimisers are built in',
  from: 'there is nothing to import: layers, losses and optimisers are built in',
  for: 'layers repeat with `repeat(3, f)`, sums are written `sum(k in 1..5: …)`, recurrences with `scan`',
  while: 'layers repeat with `repeat(3, f)`, inner steps with `steps`, recurrences with `scan`',
  if: 'a choice is written `where(condition, a, b)`',
  loss: 'what goes down is written `minimize …`',
  optimizer: 'the optimiser is written `using adam(rate: 1e-3)`',
  optimiser: 'the optimiser is written `using adam(rate: 1e-3)`',
  lr: 'the rate is an argument: `using sgd(rate: 0.01)`',
  rate: 'the rate is an argument: `using sgd(rate: 0.01)`',
  batch_size: 'tasks of a step are written `batch 32`',
  epochs: 'outer steps are written `steps 10_000`',
  iterations: 'outer steps are written `steps 10_000`',
  shot: 'write `shots 5`',
  way: 'write `ways 5`',
  query: 'write `queries 15`',
  test: 'what is judged at the end stands in `evaluate { … }`',
  validation: 'validation stands in `train`: `validate { every 100  episodes 50  report … }`',
};

/** How metac says what a statement beginning with `word` means elsewhere; undefined for words that mean nothing in particular. */
export function saidHere(word: string): string | undefined {
  return Object.hasOwn(SAID_SO, word) ? SAID_SO[word] : undefined;
}
