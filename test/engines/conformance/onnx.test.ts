/** @file The ONNX engine passes the conformance kit. */
import { onnxEngine } from '../../../src/runtime/engines/onnx/onnx-engine.ts';
import { conformance } from './kit.ts';

conformance(onnxEngine());
