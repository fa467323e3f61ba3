/** @file TensorFlow.js on WebAssembly passes the conformance kit. */
import { tfjsEngine } from '../../../src/runtime/engines/tfjs/load-tensorflow.ts';
import { conformance } from './kit.ts';

conformance(tfjsEngine({ backend: 'wasm' }));
