/** @file Says in a message what something is. */
import { printDims } from './dims.ts';
import type { Meaning } from './meaning.ts';

export function describe(meaning: Meaning): string {
  switch (meaning.kind) {
    case 'tensor':
      return meaning.dims.length === 0 ? 'a scalar tensor' : `a tensor of shape ${printDims(meaning.dims)}`;
    case 'number':
      return `the number ${meaning.value}`;
    case 'text':
      return `the text "${meaning.value}"`;
    case 'boolean':
      return String(meaning.value);
    case 'option':
      return `the word \`${meaning.name}\``;
    case 'list':
      return `a list of ${meaning.items.length}`;
    case 'record':
      return meaning.part === undefined ? 'a record' : `the ${meaning.part.part} set`;
    case 'function':
      return `the function \`${meaning.name}\``;
    case 'builtin':
      return `the builtin \`${meaning.builtin.name}\``;
    case 'callable':
      return `${meaning.description} \`${meaning.name}\``;
    case 'distribution':
      return `a distribution${[...meaning.parameters.values()].some(({ kind }) => kind === 'callable') ? ' of learners' : ''} (${meaning.name})`;
    case 'schedule':
      return `a schedule (${meaning.description})`;
    case 'learned':
      return 'a learned scalar';
    case 'optimiser':
      return `an optimiser (${meaning.name})`;
    case 'solver':
      return `the solver \`${meaning.description}\``;
    case 'poison':
      return 'a value with an error of its own';
  }
}

/** How the optimiser could be written that someone may have meant. */
export function optimiserExample(meaning: Meaning): string {
  return meaning.kind === 'builtin' && meaning.builtin.category === 'optimiser' ? `${meaning.builtin.name}(rate: 0.01)` : 'sgd(rate: 0.4)';
}
