/** @file Types and constants as text: floats are their bits, so that nothing is rounded on the way. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { denseText, typeText } from '../../../src/compiler/emit/stablehlo/tensor.ts';

describe('constants', () => {
  test.each([
    [0, '0x00000000'],
    [-0, '0x80000000'],
    [1, '0x3F800000'],
    [0.1, '0x3DCCCCCD'],
    [Number.POSITIVE_INFINITY, '0x7F800000'],
    [Number.NEGATIVE_INFINITY, '0xFF800000'],
    [Number.NaN, '0x7FC00000'],
  ])('%s is the bits of its binary32', (value, bits) => {
    expect(denseText('f32', [2], [value])).toBe(`dense<${bits}>`);
  });

  test('every binary32 comes back from its text', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        const bits = denseText('f32', [], [value]).replace('dense<0x', '').replace('>', '');
        const view = new DataView(new ArrayBuffer(4));
        view.setUint32(0, Number.parseInt(bits, 16));
        expect(view.getFloat32(0)).toBe(value);
      }),
    );
  });

  test('one value for each element is nested as the shape is', () => {
    expect(denseText('i32', [2, 3], [1, 2, 3, 4, 5, -6])).toBe('dense<[[1, 2, 3], [4, 5, -6]]>');
    expect(denseText('i1', [2], [1, 0])).toBe('dense<[true, false]>');
    expect(denseText('ui8', [2], [0, 255])).toBe('dense<[0, 255]>');
  });

  test('equal elements are a splat, but zeros of both signs are not equal', () => {
    expect(denseText('i32', [3], [7, 7, 7])).toBe('dense<7>');
    expect(denseText('f32', [2], [0, -0])).toBe('dense<[0x00000000, 0x80000000]>');
  });

  test('a constant without elements has none', () => {
    expect(denseText('f32', [0, 2], [1])).toBe('dense<>');
  });
});

test('types', () => {
  expect(typeText({ element: 'f32', shape: [] })).toBe('tensor<f32>');
  expect(typeText({ element: 'ui8', shape: [3, 28, 28] })).toBe('tensor<3x28x28xui8>');
});
