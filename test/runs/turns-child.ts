/** @file Two objectives that take turns, each with its own weights and its own optimiser. */
import { trainChild } from './train-child.ts';

const small = { units: '6', 'train.platipus.batch': '2', 'train.maml.batch': '2', 'evaluate.draws': '2', 'evaluate.queries': '5' };
await trainChild('platipus-sinusoid', small, 240);
