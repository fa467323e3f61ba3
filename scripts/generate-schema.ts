/** @file Writes the published JSON Schema of compiled programs: `npx tsx scripts/generate-schema.ts`. A test fails when it is stale. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { irSchema } from '../src/compiler/ir/json-schema.ts';

export const schemaPath = 'src/compiler/ir/ir.schema.json';

/** The text of the generated file. */
export function schemaText(): string {
  return `${JSON.stringify(irSchema, undefined, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(join(import.meta.dirname, '..', schemaPath), schemaText());
  console.log(`wrote ${schemaPath}`);
}
