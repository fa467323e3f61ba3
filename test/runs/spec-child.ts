/** @file One objective, with validation. */
import { trainChild } from './train-child.ts';

await trainChild('maml-sinusoid', { 'validate.every': '300', 'validate.episodes': '25' }, 1500);
