/** @file Checks parsed JSON against the IR's schema. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { irSchema } from './json-schema.ts';
import type { SerializedProgram } from './serialized.ts';

/** At most this many problems are listed. */
const shownProblems = 5;

/** The schema itself is checked in a test: doing it here would double the time. */
function compileSchema(): ValidateFunction<SerializedProgram> {
  return new Ajv2020({ strict: true, strictTypes: true, strictTuples: true, validateSchema: false }).compile<SerializedProgram>(irSchema);
}

function describe(error: ErrorObject): string {
  const place = error.instancePath === '' ? 'the program' : error.instancePath;
  const detail = error.keyword === 'additionalProperties' ? ` (${String(error.params.additionalProperty)})` : '';
  return `${place}: ${error.message ?? error.keyword}${detail}`;
}

/** What is wrong with `candidate` as a serialised program; empty when it fits the schema. */
export function schemaProblems(candidate: unknown): readonly string[] {
  const validate = compileSchema();
  if (validate(candidate)) return [];
  // `if` only says that its `then` failed, which is listed too.
  const errors = (validate.errors ?? []).filter((error) => error.keyword !== 'if');
  return errors.slice(0, shownProblems).map(describe);
}
