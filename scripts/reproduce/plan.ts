/** @file What is reproduced, and the published figures with their sources. Figures are copied from the papers, not from memory of ours. */
import type { Figure, Reproduction } from './reproduction.ts';

const FINN = 'Finn, Abbeel, Levine 2017';

/** The report of the specs that test MAML as its paper does on Omniglot. */
const THREE_STEPS = 'accuracy(fast[3](query.x), query.y)';

function accuracy(about: string, report = 'accuracy', published?: readonly [figure: string, source: string]): Figure {
  return { report, about, unit: 'percent', ...(published === undefined ? {} : { published: published[0], source: published[1] }) };
}

function plain(about: string, report: string, published?: readonly [figure: string, source: string]): Figure {
  return { report, about, unit: 'plain', ...(published === undefined ? {} : { published: published[0], source: published[1] }) };
}

const LIKE_MAML = 'as maml-omniglot with 700 steps; none published';

const FIVE_WAYS = '5-way 1-shot accuracy';

export const plan: readonly Reproduction[] = [
  {
    name: 'linear-regression',
    spec: 'linear-regression',
    figures: [plain('mean squared error before adaptation', 'before'), plain('mean squared error after 10 steps (noise: 0.01)', 'after')],
    protocol: 'none published',
  },
  {
    name: 'maml-sinusoid',
    spec: 'maml-sinusoid',
    figures: [
      plain('mean squared error after 1 step, 5 points', 'after_1_step', ['0.67', `${FINN}, figure 2`]),
      plain('after 5 steps', 'after_5_steps', ['0.38', `${FINN}, figure 2`]),
      plain('after 10 steps', 'after_10_steps', ['0.35', `${FINN}, figure 2`]),
    ],
    protocol: 'trained with 5 points instead of 10 and Adam 0.002 instead of 0.001; weights kept by validation',
  },
  {
    name: 'fomaml-sinusoid',
    spec: 'fomaml-sinusoid',
    figures: [plain('mean squared error after 1 step, 5 points', 'after_1_step'), plain('after 10 steps', 'after_10_steps')],
    protocol: 'as maml-sinusoid; the paper shows first order on images only',
  },
  {
    name: 'maml-omniglot',
    spec: 'maml-omniglot',
    figures: [accuracy(`${FIVE_WAYS}, 3 inner steps`, THREE_STEPS, ['98.7 ± 0.4 %', `${FINN}, table 1`])],
    protocol: '1,150 steps instead of 60,000; head starts at zero, cosine outer rate; splits of Vinyals 2016',
    toReach:
      '`npx metac train specs/maml-omniglot.meta --steps 60000`, about 4 h on 2 cores; not run. `--steps 12000` gives 97.48 ± 0.28 % in 45 min.',
  },
  {
    name: 'maml-fc-omniglot',
    spec: 'maml-fc-omniglot',
    figures: [accuracy(`${FIVE_WAYS}, 3 inner steps`, 'accuracy', ['89.7 ± 1.1 %', `${FINN}, table 1`])],
    protocol: 'two hidden layers of 64 instead of four of 256 to 64; fewer steps',
  },
  {
    name: 'dual-loss-omniglot',
    spec: 'dual-loss-omniglot',
    figures: [
      accuracy(`${FIVE_WAYS}, 1 inner step`, 'accuracy(fast(query.x), query.y)'),
      plain('loss before adaptation', 'val'),
      plain('loss after adaptation', 'fewshot'),
    ],
    protocol: 'none published',
  },
  {
    name: 'anil-omniglot',
    spec: 'anil-omniglot',
    figures: [accuracy(`${FIVE_WAYS}, 3 inner steps of the head alone`)],
    protocol: 'as maml-omniglot; Raghu et al. 2020 print no figure for Omniglot',
  },
  {
    name: 'meta-sgd-sinusoid',
    spec: 'meta-sgd-sinusoid',
    figures: [plain('mean squared error after 1 step, 5 points', 'after_1', ['0.90 ± 0.16', 'Li, Zhou, Chen, Li 2017, table 1'])],
    protocol: 'tasks as in the MAML paper: phase to pi, 70,000 steps',
  },
  {
    name: 'reptile-sinusoid',
    spec: 'reptile-sinusoid',
    figures: [plain('mean squared error before adaptation', 'before'), plain('after 32 steps on 10 points', 'after')],
    protocol: 'same; Nichol, Achiam, Schulman 2018 show curves, no figures',
  },
  {
    name: 'two-task-sinusoid',
    spec: 'two-task-sinusoid',
    figures: [plain('mean squared error after 1 step, 5 points', 'after_1'), plain('on the other task of the pair', 'transfer')],
    protocol: 'none published',
  },
  {
    name: 'prototypical-omniglot',
    spec: 'prototypical-omniglot',
    figures: [accuracy(FIVE_WAYS, 'accuracy(logits, query.y)', ['98.8 %', 'Snell, Swersky, Zemel 2017, table 1'])],
    protocol: 'trained with 20 ways instead of 60, 4,500 steps, transductive batch norm',
  },
  {
    name: 'prototypical-omniglot-20way',
    spec: 'prototypical-omniglot-20way',
    figures: [accuracy('20-way 1-shot accuracy', 'accuracy', ['96.0 %', 'Snell, Swersky, Zemel 2017, table 1'])],
    protocol: 'trained with 40 ways instead of 60, 3,000 steps, transductive batch norm',
  },
  {
    name: 'matching-omniglot',
    spec: 'matching-omniglot',
    figures: [accuracy(FIVE_WAYS, 'accuracy', ['98.1 %', 'Vinyals et al. 2016, table 1'])],
    protocol: 'trained with 20 ways, learned temperature, 3,000 steps, transductive batch norm',
  },
  {
    name: 'relation-omniglot',
    spec: 'relation-omniglot',
    figures: [accuracy(FIVE_WAYS, 'accuracy', ['99.6 ± 0.2 %', 'Sung et al. 2018, table 1'])],
    protocol: 'fewer and smaller episodes, transductive batch norm',
  },
  {
    name: 'mann-omniglot',
    spec: 'mann-omniglot',
    figures: [
      accuracy('accuracy at the 1st presentation of a class', 'first', ['36.4 %', 'Santoro et al. 2016, table 1']),
      accuracy('at the 2nd', 'second', ['82.8 %', 'Santoro et al. 2016, table 1']),
      accuracy('at the 5th', 'fifth', ['94.9 %', 'Santoro et al. 2016, table 1']),
      accuracy('at the 10th', 'tenth', ['98.1 %', 'Santoro et al. 2016, table 1']),
    ],
    protocol: 'one head, 64 slots and far fewer episodes instead of four heads, 128 slots, 100,000 episodes',
  },
  {
    name: 'ntm-copy',
    spec: 'ntm-copy',
    figures: [accuracy('wrong bits, up to 10 vectors', 'wrong')],
    protocol: 'sequences of 1 to 10 instead of 1 to 20, 20 slots; Graves, Wayne, Danihelka 2014 show curves',
  },
  {
    name: 'dnc-recall',
    spec: 'dnc-recall',
    figures: [
      accuracy('wrong bits, up to 6 pairs', 'wrong(by_machine)'),
      accuracy("an LSTM's of equal size", 'lstm_wrong'),
      accuracy('values that are right as a whole', 'whole'),
      accuracy("the LSTM's", 'lstm_whole'),
    ],
    protocol: 'pairs of 8 bits, one pair a step, 8 slots; Graves et al. 2016 have no figure for this task',
  },
  {
    name: 'imaml-sinusoid',
    spec: 'imaml-sinusoid',
    figures: [plain('mean squared error before adaptation', 'before'), plain('after adaptation, 10 points', 'after')],
    protocol: 'Rajeswaran et al. 2019 report no sinusoids',
  },
  {
    name: 'platipus-sinusoid',
    spec: 'platipus-sinusoid',
    figures: [
      plain('negative log-likelihood of a query, 20 samples', 'nll'),
      plain("MAML's", 'maml_nll'),
      plain('calibration error', 'calibration_error'),
      plain("MAML's", 'maml_calibration_error'),
      plain('standard deviation of the samples', 'spread'),
    ],
    protocol: 'tasks as in Finn, Xu, Levine 2018, which shows curves; smaller network, fewer steps',
  },
  {
    name: 'learned-optimizer-quadratic',
    spec: 'learned-optimizer-quadratic',
    figures: [
      plain('loss after 100 steps, learned optimiser', 'learned'),
      plain('tuned SGD', 'sgd'),
      plain('tuned RMSprop', 'rmsprop'),
      plain('tuned Adam', 'adam'),
      plain('Adam less learned, paired', 'ahead_of_adam'),
    ],
    protocol: 'same problems; Andrychowicz et al. 2016 show curves',
  },
  {
    name: 'learned-optimizer-mlp',
    spec: 'learned-optimizer-mlp',
    figures: [
      plain('loss after 100 steps, learned optimiser', 'learned'),
      plain('tuned SGD', 'sgd'),
      plain('tuned RMSprop', 'rmsprop'),
      plain('tuned Adam', 'adam'),
      plain('tuned Nesterov momentum', 'nesterov'),
      plain('Adam less learned, paired', 'ahead_of_adam'),
    ],
    protocol: 'all of 300 images of Omniglot a step instead of minibatches of MNIST; Andrychowicz et al. 2016 show curves',
  },
  {
    name: 'metagan-omniglot',
    spec: 'metagan-omniglot',
    figures: [accuracy(`${FIVE_WAYS}, 3 inner steps`), accuracy('fakes of test tasks that are caught', 'caught')],
    protocol: 'the strided network of MAML, 800 steps, 16 tasks; Zhang et al. 2018 use another network and far more steps',
  },
  {
    name: 'metagan-omniglot.learner-alone',
    spec: 'metagan-omniglot',
    settings: { share: '0' },
    figures: [accuracy(`${FIVE_WAYS}, 3 inner steps`)],
    protocol: 'the same without the fakes',
  },
  {
    name: 'maml-plus-plus-omniglot',
    spec: 'maml-plus-plus-omniglot',
    figures: [accuracy(`${FIVE_WAYS}, 5 inner steps`, 'accuracy', ['99.47 %', 'Antoniou, Edwards, Storkey 2019, table 1'])],
    protocol:
      'the strided network of MAML; 800 steps of 8 tasks instead of 100 epochs of 500 steps; batch norm without statistics per step',
    toReach: 'more steps: the paper trains 60 times as long, on a network without strides.',
  },
  {
    name: 'maml-plus-plus-omniglot.plain',
    spec: 'maml-plus-plus-omniglot',
    settings: { rate: '1', annealed: '1', turn: '0' },
    figures: [accuracy(`${FIVE_WAYS}, 5 inner steps`)],
    protocol: 'MAML at the same inner rate: one rate that is not learned, the last loss alone, second order throughout',
  },
  {
    name: 'reptile-omniglot',
    spec: 'reptile-omniglot',
    figures: [accuracy(`${FIVE_WAYS}, transductive`, 'accuracy', ['97.68 ± 0.04 %', 'Nichol, Achiam, Schulman 2018, table 2'])],
    protocol: '5,000 steps instead of 100,000, inner SGD instead of Adam',
    toReach: 'more steps: the accuracy still rises at the end.',
  },
  {
    name: 'maml-omniglot.700-steps',
    spec: 'maml-omniglot',
    settings: { 'train.steps': '700', outer_rate: 'cosine_decay(3e-3, 1e-4)', 'validate.every': '175' },
    figures: [
      accuracy(`${FIVE_WAYS}, 3 inner steps`, THREE_STEPS),
      accuracy('macro F1', 'f1'),
      accuracy('expected calibration error', 'calibration'),
    ],
    protocol: 'what the next three are compared with: their steps and rate',
  },
  {
    name: 'error-loss-omniglot',
    spec: 'error-loss-omniglot',
    figures: [accuracy(`${FIVE_WAYS}, 3 inner steps`), accuracy('error', 'error')],
    protocol: LIKE_MAML,
  },
  {
    name: 'f1-loss-omniglot',
    spec: 'f1-loss-omniglot',
    figures: [accuracy(`${FIVE_WAYS}, 3 inner steps`), accuracy('macro F1', 'f1')],
    protocol: LIKE_MAML,
  },
  {
    name: 'uncertainty-loss-omniglot',
    spec: 'uncertainty-loss-omniglot',
    figures: [accuracy(`${FIVE_WAYS}, 3 inner steps`), accuracy('expected calibration error', 'calibration')],
    protocol: LIKE_MAML,
  },
];
