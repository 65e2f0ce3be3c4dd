/**
 * For: `npm start` — from a fresh clone to the first findings: installs and builds where that is due, then checks the
 * example project. Findings are what it is there to show, so they are no failure.
 */
import { buildIfDue, installIfDue, runNode } from './project.mjs';

async function main() {
  if ((await installIfDue()) !== 0) return fail('the packages could not be installed: see npm’s lines above');
  if ((await buildIfDue()) !== 0) return fail('the build failed: see the lines above');
  console.log('\n$ lockstep check media/example\n');
  // 1 means findings.
  const code = await runNode('dist/cli.js', ['check', 'media/example', '--format', 'pretty']);
  if (code !== 0 && code !== 1) return fail(`lockstep check ended with exit code ${code}`);
  console.log('\nTo see this in VS Code, with hovers, fixes and lessons: npm run open');
}

function fail(why) {
  console.error(why);
  process.exitCode = 1;
}

await main();
