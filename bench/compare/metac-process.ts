/** @file metac's side: a process of its own that measures one configuration and prints one JSON line. Its only argument is a MetacRequest as JSON. */
import type { DeviceName } from '../../src/engine-names.ts';
import { chooseEngine } from '../../src/engines.ts';
import { type Configuration, peerProblem } from '../problems/peer-problem.ts';
import { prepareStepper } from '../problems/stepper.ts';
import { measure, type Protocol } from './measurement.ts';

export interface MetacRequest extends Configuration, Protocol {
  /** Folder of the specs, absolute. */
  readonly specs: string;
  readonly engine: 'onnx' | 'xla';
  readonly device: DeviceName;
  /** Steps handed over at once; undefined leaves it to the engine. */
  readonly atOnce?: number;
}

const request = JSON.parse(process.argv[2] ?? '{}') as MetacRequest;
const { engine, why, processors } = await chooseEngine(request.engine, { device: request.device });
const importMegabytes = Number((process.resourceUsage().maxRSS / 1024).toFixed(1));
const problem = peerProblem(request);
const start = performance.now();
const stepper = await prepareStepper(problem, {
  engine,
  specs: request.specs,
  processors,
  ...(request.atOnce === undefined ? {} : { atOnce: request.atOnce }),
});
const compileSeconds = (performance.now() - start) / 1000;
const measured = await measure(stepper.takeSteps, request, compileSeconds, importMegabytes);
process.stdout.write(`${JSON.stringify({ ...measured, chunk: stepper.chunk, steps_at_once: stepper.atOnce, engine: why })}\n`);
await stepper.dispose();
