import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// .ci/run reads the counts from this file.
const report = process.env.METAC_TEST_REPORT;

/** The files that take minutes, so that none of them is left over for one worker alone. One conformance first: the others use what it computed. */
const longest = [
  'test/engines/xla/conformance.test.ts',
  'test/runs/learning.test.ts',
  'test/fuzz/fuzz.test.ts',
  'test/engines/conformance/onnx.test.ts',
  'test/engines/conformance/tfjs-cpu.test.ts',
  'test/engines/conformance/tfjs-wasm.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex((name) => moduleId.endsWith(name));
      return place < 0 ? longest.length : place;
    };
    return (await super.sort(files)).toSorted((left, right) => rank(left) - rank(right));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/shared-results.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
