/** The engine as its rims see it: what it keeps between edits, what it does with bad input, configuration, suppressions. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Cancelled } from '../server/src/base/cancel.ts';
import { createEngine, type Engine } from '../server/src/engine.ts';
import { memoryDisk } from '../server/src/read/disk.ts';
import { RULES } from '../server/src/rules/index.ts';
import { blocksOf, parseFixture, ROOT, withoutCarets, type Fixture } from './harness.ts';

const MAIN = `const sab = new SharedArrayBuffer(4);
const worker = new Worker(new URL('./worker.ts', import.meta.url));
worker.postMessage(sab);
const count = new Int32Array(sab);
export function bump(): void {
  count[0] = count[0]! + 1;
}
`;
const WORKER = `onmessage = ({ data }: MessageEvent<SharedArrayBuffer>) => {
  const count = new Int32Array(data);
  Atomics.add(count, 0, 1);
};
`;

function project(files: Readonly<Record<string, string>>): {
  engine: Engine;
  disk: ReturnType<typeof memoryDisk>;
} {
  const disk = memoryDisk(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`${ROOT}/${name}`, text])),
  );
  return { engine: createEngine({ roots: [ROOT], disk, strict: true }), disk };
}

const at = (name: string) => `${ROOT}/${name}`;
const rulesIn = (engine: Engine, name: string) => engine.findings(at(name)).map((finding) => finding.rule);

describe('between edits', () => {
  it('moves the finding in main.ts when worker.ts changes', () => {
    const { engine } = project({ 'main.ts': MAIN, 'worker.ts': WORKER });
    expect(rulesIn(engine, 'main.ts')).toEqual(['no-plain-shared-update']);
    const before = engine.generation();
    engine.apply({
      opened: [{ file: at('worker.ts'), text: WORKER.replace('Atomics.add(count, 0, 1)', 'void count') }],
    });
    expect(rulesIn(engine, 'main.ts')).toEqual([]);
    expect(engine.generation()).toBeGreaterThan(before);
    engine.apply({ closed: [at('worker.ts')] });
    expect(rulesIn(engine, 'main.ts')).toEqual(['no-plain-shared-update']);
  });

  it('finds a worker that comes into being, also outside of what the tsconfig includes', () => {
    const { engine, disk } = project({
      'tsconfig.json': '{ "include": ["src"] }',
      'src/x.ts': 'export {};\n',
      'demo/main.ts': MAIN,
    });
    engine.apply({ opened: [{ file: at('demo/main.ts'), text: MAIN }] });
    expect(rulesIn(engine, 'demo/main.ts')).toEqual(['unknown-worker']);
    disk.write(at('demo/worker.ts'), WORKER);
    engine.apply({ onDisk: [at('demo/worker.ts')] });
    expect(rulesIn(engine, 'demo/main.ts')).toEqual(['no-plain-shared-update']);
  });

  it('finds the worker beside a file that is opened from a new folder, without any news of the folder', () => {
    const { engine, disk } = project({
      'tsconfig.json': '{ "include": ["src"] }',
      'src/x.ts': "import './../race/main.ts';\n",
    });
    engine.findings(at('src/x.ts'));
    disk.write(at('race/main.ts'), MAIN);
    disk.write(at('race/worker.ts'), WORKER);
    engine.apply({ opened: [{ file: at('race/main.ts'), text: MAIN }] });
    expect(rulesIn(engine, 'race/main.ts')).toEqual(['no-plain-shared-update']);
  });

  it('keeps its answers when a comment is typed, and shifts their places', () => {
    const { engine } = project({ 'main.ts': MAIN, 'worker.ts': WORKER });
    const [before] = engine.findings(at('main.ts'));
    const generation = engine.generation();
    engine.apply({ opened: [{ file: at('worker.ts'), text: `// a comment\n${WORKER}` }] });
    const [after] = engine.findings(at('main.ts'));
    expect(after!.span).toEqual(before!.span);
    const other = after!.related[0]!.span;
    expect(engine.text(other.file)!.slice(other.start, other.end)).toBe('Atomics.add(count, 0, 1)');
    expect(engine.generation()).toBeGreaterThanOrEqual(generation);
  });

  it('stops when the reader no longer waits, and answers the next one', () => {
    const { engine } = project({ 'main.ts': MAIN, 'worker.ts': WORKER });
    expect(() => engine.findings(at('main.ts'), () => true)).toThrow(Cancelled);
    expect(rulesIn(engine, 'main.ts')).toEqual(['no-plain-shared-update']);
  });
});

/** A miss is always safe: what is kept from before an edit and its undo says the same as a fresh start. */
describe('warm and cold', () => {
  const rulesDir = join(import.meta.dirname, '../server/src/rules');
  const fixtures: [string, Fixture][] = RULES.flatMap(({ meta: { id } }) => {
    const blocks = blocksOf(readFileSync(join(rulesDir, id, 'doc.md'), 'utf8'));
    const cases = readdirSync(join(rulesDir, id)).includes('cases')
      ? readdirSync(join(rulesDir, id, 'cases'))
      : [];
    return [
      ...blocks.map(({ text, line }): [string, Fixture] => [
        `${id}:${line}`,
        withoutCarets(parseFixture(text)),
      ]),
      ...cases.map((name): [string, Fixture] => [
        `${id}/${name}`,
        withoutCarets(parseFixture(readFileSync(join(rulesDir, id, 'cases', name), 'utf8'))),
      ]),
    ];
  });

  it.each(fixtures)('%s', (_name, fixture) => {
    const cold = all(project(Object.fromEntries(fixture)).engine, fixture);
    const { engine } = project(Object.fromEntries(fixture));
    for (const [name, text] of fixture) {
      all(engine, fixture);
      const broken = `${text.slice(0, Math.floor(text.length / 2))}\nexport const edited = 1;\n`;
      engine.apply({ opened: [{ file: at(name), text: broken }] });
      all(engine, fixture);
      engine.apply({ opened: [{ file: at(name), text }] });
    }
    expect(all(engine, fixture)).toEqual(cold);
  });

  function all(engine: Engine, fixture: Fixture) {
    return [...fixture.keys()].map((name) => engine.findings(at(name)));
  }
});

describe('a cache', () => {
  it('gives the same findings and fixes to the next run', () => {
    const { disk } = project({ 'main.ts': MAIN, 'worker.ts': WORKER });
    const open = () => createEngine({ roots: [ROOT], disk, cacheDir: '/cache', strict: true });
    const first = open();
    const found = first.findings(at('main.ts'));
    const fixes = first.fixes(found[0]!);
    first.save();
    const second = open();
    expect(second.findings(at('main.ts'))).toEqual(found);
    expect(second.fixes(second.findings(at('main.ts'))[0]!)).toEqual(fixes);
  });

  it('is not believed when the other side changed', () => {
    const { disk } = project({ 'main.ts': MAIN, 'worker.ts': WORKER });
    const open = () => createEngine({ roots: [ROOT], disk, cacheDir: '/cache', strict: true });
    const first = open();
    first.findings(at('main.ts'));
    first.save();
    disk.writeFile(at('worker.ts'), new TextEncoder().encode('onmessage = () => {};\n'));
    expect(rulesIn(open(), 'main.ts')).toEqual([]);
  });
});

describe('suppressions', () => {
  const withComment = (comment: string) => MAIN.replace('  count[0] =', `  ${comment}\n  count[0] =`);

  it('silence a finding on the next line when they give a reason', () => {
    const main = withComment(
      '// lockstep-ignore no-plain-shared-update: bump is only called before the worker starts',
    );
    expect(rulesIn(project({ 'main.ts': main, 'worker.ts': WORKER }).engine, 'main.ts')).toEqual([]);
  });

  it('have no effect without a reason', () => {
    const main = withComment('// lockstep-ignore no-plain-shared-update');
    const { engine } = project({ 'main.ts': main, 'worker.ts': WORKER });
    expect(rulesIn(engine, 'main.ts')).toEqual(['suppression', 'no-plain-shared-update']);
  });

  it('are reported when nothing is left to suppress', () => {
    const main =
      '// lockstep-ignore no-plain-shared-update: once there was a race here\nexport const x = 1;\n';
    const { engine } = project({ 'main.ts': main });
    expect(engine.findings(at('main.ts')).map(({ message }) => message)).toEqual([
      'Nothing here breaks `no-plain-shared-update` any more; remove this suppression',
    ]);
  });
});

describe('configuration', () => {
  it('sets severities and turns rules off', () => {
    const files = { 'main.ts': MAIN, 'worker.ts': WORKER };
    const severity = (value: string) => {
      const config = JSON.stringify({ rules: { 'no-plain-shared-update': value } });
      return project({ ...files, 'lockstep.config.json': config })
        .engine.findings(at('main.ts'))
        .map((each) => each.severity);
    };
    expect(severity('info')).toEqual(['info']);
    expect(severity('off')).toEqual([]);
  });
});

describe('bad input', () => {
  it('finds what it can in a file that does not parse, and names the place', () => {
    const { engine } = project({ 'main.ts': `${MAIN}export function broken( {\n`, 'worker.ts': WORKER });
    expect(rulesIn(engine, 'main.ts')).toEqual(['no-plain-shared-update']);
    const [problem] = engine.problems();
    expect(problem).toMatchObject({ file: at('main.ts'), note: true });
    expect(problem!.span!.start).toBeGreaterThanOrEqual(MAIN.length);
  });

  it.each([
    ['an empty file', ''],
    ['only a comment', '// nothing\n'],
    ['an import of nothing', "import { a } from './missing.ts';\nexport const worker = new Worker(a);\n"],
    [
      'a cycle of imports',
      "import { x } from './main.ts';\nexport const y = () => x; export { y as x };\nnew SharedArrayBuffer(8);\n",
    ],
    [
      'a function that calls itself',
      'const m = new Int32Array(new SharedArrayBuffer(4));\nfunction f(): void { m[0]!; f(); g(); }\nfunction g(): void { f(); }\nf();\n',
    ],
    ['a worker that starts itself', 'new Worker(new URL(import.meta.url));\n'],
    [
      'a chain of 5,000 operands',
      `export const text = ${Array.from({ length: 5_000 }, (_, index) => `'${index}'`).join(' + ')};\nnew SharedArrayBuffer(4);\n`,
    ],
    ['2,000 nested calls', `new SharedArrayBuffer(4);\n${'f('.repeat(2_000)}${')'.repeat(2_000)};\n`],
  ])('survives %s', (_name, text) => {
    const { engine } = project({ 'main.ts': text });
    expect(engine.findings(at('main.ts')).filter(({ rule }) => rule !== 'unknown-worker')).toEqual([]);
  });

  it('leaves a minified file out and says so', () => {
    const { engine } = project({ 'vendor.js': `new SharedArrayBuffer(4);${'var a=1;'.repeat(20_000)}` });
    expect(engine.findings(at('vendor.js'))).toEqual([]);
    expect(engine.problems()).toMatchObject([{ file: at('vendor.js'), note: true }]);
    expect(engine.problems()[0]!.message).toContain('minified');
  });

  it('goes on without a file that vanishes', () => {
    const { engine, disk } = project({ 'main.ts': MAIN, 'worker.ts': WORKER });
    engine.findings(at('main.ts'));
    disk.remove(at('worker.ts'));
    engine.apply({ onDisk: [at('worker.ts')] });
    expect(rulesIn(engine, 'main.ts')).toEqual(['unknown-worker']);
    expect(engine.findings(at('worker.ts'))).toEqual([]);
  });

  it('reports a rule that throws once, and lets the others go on', () => {
    const logged: string[] = [];
    const disk = memoryDisk({ [at('main.ts')]: MAIN, [at('worker.ts')]: WORKER });
    const engine = createEngine({ roots: [ROOT], disk, log: (line) => logged.push(line) });
    const victim = RULES.find(({ meta }) => meta.id === 'no-lock-order-cycle')! as unknown as {
      check: () => void;
    };
    const { check } = victim;
    victim.check = () => {
      throw new Error('planted');
    };
    try {
      expect(rulesIn(engine, 'main.ts')).toEqual(['no-plain-shared-update']);
      engine.apply({ opened: [{ file: at('main.ts'), text: `${MAIN}bump();\n` }] });
      engine.findings(at('main.ts'));
    } finally {
      victim.check = check;
    }
    expect(logged.filter((line) => line.includes('planted'))).toHaveLength(1);
    expect(
      engine.problems().filter(({ message }) => message.includes('no-lock-order-cycle failed')),
    ).toHaveLength(1);
  });
});
