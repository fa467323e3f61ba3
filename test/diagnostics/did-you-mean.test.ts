import { describe, expect, it } from 'vitest';
import { CLAUSE_WORDS } from '../../grammar/tokens.ts';
import { editDistance, suggest } from '../../src/compiler/diagnostics/did-you-mean.ts';

const BUILTINS = ['cross_entropy', 'batch_norm', 'conv', 'dense', 'relu', 'max_pool', 'mean', 'sum', 'exp', 'pi', 'sin'];

describe('edit distance', () => {
  it.each([
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['train', 'trian', 1],
    ['source', 'soruce', 1],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
  ])('%s to %s', (left, right, distance) => {
    expect(editDistance(left, right)).toBe(distance);
    expect(editDistance(right, left)).toBe(distance);
  });
});

describe('suggestions', () => {
  it.each([
    ['crossentropy', 'cross_entropy'],
    ['CrossEntropy', 'cross_entropy'],
    ['cros_entrpy', 'cross_entropy'],
    ['batchnorm', 'batch_norm'],
    ['conv2d', 'conv'],
    ['denes', 'dense'],
    ['ReLU', 'relu'],
    ['maen', 'mean'],
    ['PI', 'pi'],
  ])('%s', (word, expected) => expect(suggest(word, BUILTINS)).toBe(expected));

  it.each(['x', 'loss', 'transformer', 'p', 'im', ''])('nothing is near %s', (word) => expect(suggest(word, BUILTINS)).toBeUndefined());

  it('takes the nearest, and the first of equals', () => {
    expect(suggest('minimze', CLAUSE_WORDS)).toBe('minimize');
    expect(suggest('maximse', CLAUSE_WORDS)).toBe('maximize');
    expect(suggest('abx', ['aby', 'abz'])).toBe('aby');
  });

  it('never suggests the word itself, and gives up on very long words', () => {
    expect(suggest('dense', ['dense'])).toBeUndefined();
    expect(suggest('d'.repeat(10_000), ['d'.repeat(10_001)])).toBeUndefined();
  });
});
