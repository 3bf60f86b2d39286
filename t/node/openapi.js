// openapi.js FILE...: what Redocly's linter has to say about OpenAPI descriptions, by its
// strictest rules. Ends with 1 when that is anything.
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core';

const config = await createConfig({ extends: ['recommended-strict'] });

for (const ref of process.argv.slice(2)) {
  const problems = await lint({ ref, config });
  if (problems.length > 0) {
    formatProblems(problems, { format: 'codeframe', totals: getTotals(problems), version: '' });
    process.exit(1);
  }
}
console.log('openapi: nothing wrong');
