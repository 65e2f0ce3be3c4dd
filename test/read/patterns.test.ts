import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { excludePattern, includePattern, literalFolder } from '../../server/src/read/patterns.ts';

const FILES = [
  'a.ts',
  'src/a.ts',
  'src/ab.ts',
  'src/a.test.ts',
  'src/deep/b.ts',
  'src/deep/deeper/c.ts',
  'src/.hidden/h.ts',
  'src/.hidden/b.ts',
  'src/.dot.ts',
  'src/node_modules/m/i.ts',
  'src/(group)/[id]/p.ts',
  'srcs/no.ts',
  'test/a.ts',
  'test/fixtures/f.ts',
  '.config/e.ts',
];

let top = '';
let root = '';
beforeAll(() => {
  top = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'lockstep-patterns-')));
  root = path.join(top, 'project');
  for (const file of FILES) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), '');
  }
});
afterAll(() => {
  fs.rmSync(top, { recursive: true, force: true });
});

// TypeScript's own walk over a real disk is the second opinion.
test.each([
  [['**/*'], []],
  [['src'], []],
  [['src/'], []],
  [['./src/**/*'], []],
  [['src/*'], []],
  [['src/**/*.test.ts'], []],
  [['src/a?.ts'], []],
  [['src/*/b.ts'], []],
  [['src/**/deeper/*'], []],
  [['s*'], []],
  [['**/a.ts'], []],
  [['.config/**/*'], []],
  [['src/.hidden'], []],
  [['src/(group)'], []],
  [['src', 'test'], ['**/fixtures']],
  [
    ['src', 'test'],
    ['**/*.test.ts', 'test'],
  ],
  [['**/*'], ['src/deep']],
  [['**/*'], ['src/deep/*']],
  [['**/*'], ['s*']],
  [['**/*'], ['src/**/deeper']],
  [['src/a.ts'], []],
  [['../**/src/deep/*'], []],
])('include %j exclude %j picks what TypeScript picks', (include, exclude) => {
  const expected = ts.sys.readDirectory(root, ['.ts'], exclude, include).sort();
  const includes = include.map((pattern) => includePattern(pattern, root));
  const excludes = exclude.map((pattern) => excludePattern(pattern, root));
  const found = FILES.map((file) => `${root}/${file}`).filter(
    (file) =>
      includes.some((pattern) => pattern.test(file)) && !excludes.some((pattern) => pattern.test(file)),
  );
  const here = expected.filter((file) => file.startsWith(`${root}/`));
  expect(found.sort()).toEqual(here);
  for (const file of found)
    expect(include.some((pattern) => file.startsWith(literalFolder(pattern, root)))).toBe(true);
});
