/** Instrumenting changes no meaning: every form of code gives the same results, calls and errors with and without it. */
import vm from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instrument, strip } from '../../server/src/race/instrument.ts';
import { numbered } from '../../server/src/race/transform.ts';

type Call = readonly [helper: string, key: unknown, site: number];

/** Runs a script; gives its value, what it has noted with `note`, and what the helpers were told. */
function execute(text: string): { value: unknown; notes: unknown[]; told: Call[] } {
  const notes: unknown[] = [];
  const told: Call[] = [];
  const tell = (helper: string, key: unknown, site: number) => void told.push([helper, key, site]);
  const context: Record<string, unknown> = {
    note: (value: unknown) => {
      notes.push(value);
      return value;
    },
    $lockstep$r: (_object: unknown, key: unknown, site: number) => (tell('r', key, site), key),
    $lockstep$m: (_object: unknown, key: unknown, site: number) => (tell('m', key, site), key),
    $lockstep$q: (_object: unknown, key: unknown, site: number) => (tell('q', key, site), key),
    $lockstep$w: (value: unknown, _object: unknown, key: unknown, site: number) => (
      tell('w', key, site),
      value
    ),
    $lockstep$c: (object: unknown, site: number) => (tell('c', null, site), object),
    $lockstep$o: (object: unknown, keys: unknown, site: number) => (tell('o', keys, site), object),
    $lockstep$a: (site: number, value: unknown) => (tell('a', null, site), value),
    $lockstep$l: (site: number, value: unknown) => (tell('l', null, site), value),
    $lockstep$p: () => undefined,
    $lockstep$T: [],
  };
  let value: unknown;
  try {
    value = vm.runInNewContext(text, context);
  } catch (error) {
    value = `${(error as Error).name}: ${(error as Error).message}`;
  }
  return { value, notes, told };
}

function changed(text: string): string {
  const made = instrument(text, 'script.js', 'script');
  return made === null ? text : numbered(made.text, 1);
}

/** Each is a function body; its value is compared, and everything that it notes, in order. */
const FORMS: readonly string[] = [
  'const x = [1, 2]; return x[0] + x[1]',
  'const x = [1, 2]; x[0] = x[1] = 7; return x',
  'const x = [1]; return [x[0]++, ++x[0], x[0]--, --x[0], x]',
  'const x = [5]; x[0] += 2; x[0] -= 1; x[0] *= 3; x[0] **= 2; x[0] %= 7; x[0] <<= 3; x[0] >>>= 1; x[0] |= 9; return x',
  'const x = [0, null, 3]; x[0] ||= note(1); x[1] ??= note(2); x[2] &&= note(4); x[2] ||= note(5); return x',
  'const x = [1]; let i = 0; x[i++] = note(i); return [x, i]',
  'const x = [1, 2]; let i = 0; x[i] = i = 1; return [x, i]',
  'let x = [1], y = x; x[0] = (x = [9], 5); return [x, y]',
  'const f = (v) => note(v) && [v]; f(1)[note(0)] = note(3); return 0',
  'const f = () => [[1, 2], [3, 4]]; return f()[1][0] + f()[0][f()[0][0] - 1]',
  'let x = [1, 2, 3]; [x[0], x[1]] = [x[1], x[0]]; return x',
  'const x = []; [x[0] = note(4), [x[1]], ...x[2]] = [undefined, [5], 6, 7]; return x',
  'const x = []; ({ a: x[0], b: { c: x[1] = 8 }, ...x[2] } = { a: 1, b: {}, d: 2 }); return x',
  'const x = []; for (x[0] of [1, 2]); for (x[1] in { k: 1 }); return x',
  'const { 0: a, [1]: b, length } = [5, 6]; return [a, b, length]',
  'const k = 1; const { [note(k)]: b = note(9), ...rest } = [5, undefined, 7]; return [b, rest]',
  'const o = { a: null, b: [4], c() { return this.b } }; return [o?.b[0], o.a?.[0], o.a?.b[0], o?.b?.[0], o?.c()[0], o.z?.(1)[2]]',
  'const o = null; return o?.a[note(1)][note(2)]',
  'const o = [function () { return this === o }]; return [o[0](), o[0]?.(), (o[0])(), (0, o[0])()]',
  'const o = { x: [function () { return this.length }] }; return o.x[0]() + new o.x[0]().constructor.length',
  'class A { m() { return 3 } } class B extends A { m() { return super["m"]() + super.m() } } return new B()["m"]()',
  'class A { x = [1]; y = this.x[0]; static z = [2][0]; static { this.w = this["z"] + [note(4)][0] } #p = [5]; p(i = this.#p[0]) { return i + this.#p[0]++ + this.#p[0] } } const a = new A(); return [a.y, A.z, A.w, a.p()]',
  'function f(a, b = a[0], { 0: c } = b, [d] = a) { return [a, b, c, d, arguments[0], f.length] } return f([[7]])',
  'const f = (a) => g(a)[0]; const g = (a) => [a]; return [f(1), f.length, f.name, ((a) => ({ v: g(a)[0] }))(2)]',
  'const f = async (x) => (await x)[0]; f(Promise.resolve([1])).then(note); return f.constructor.name',
  'function* g() { const x = [1]; x[0] = yield x[yield 2]; return x } const i = g(); return [i.next(), i.next(0), i.next(5)]',
  'const x = [1]; delete x[0]; return [0 in x, x, typeof x[0], void x[0]]',
  'const x = ["a"]; x[0] += "b"; return x[0]`c`',
  'const tag = (s, ...v) => s.raw[0] + v[0]; return tag`x${[1][0]}y`',
  'const a = [1]\nconst b = a\n;[a[0]] = [3]\nreturn b',
  'const f = () => [[0]]\nlet c = 1\nf()[0][0] = c\nf()[0]\nreturn c',
  'let s = 0; outer: for (let i = 0; i < 3; i++) { for (const j of [0, 1]) { if ([i][0] === 1) continue outer; s += [j][0] } } return s',
  'switch ([1][0]) { case [1][0]: note(1); default: note([2][0]) } if ([0][0]) note(3); else [4][0], note(4); do note([5][0]); while ([0][0]); return 0',
  'const x = null; return x[note(0)]',
  'const x = undefined; x[0] = note(1)',
  'return y[0]; let y = [1]',
  '"use strict"; const x = Object.freeze([1]); x[0] = 2; return x',
  'return (function () { "use strict"\nreturn [this, f()[0]]; function f() { return [1] } })()',
  'const x = { get a() { note("get"); return [1] } }; return x.a[0] + x["a"][note(0)]',
  'const k = { toString() { note("key"); return "0" } }; const x = [1]; x[k]++; x[k] += x[k]; return x',
  'const x = [1]; return x[x[x[0] - 1] - 1]',
  'const x = [1, 2, 3]; return Math.max(...x, x[0], ...[x[1]])',
  'return new Uint8Array([1, 2])[1] + new (class { constructor(a) { this.v = a[0] } })([3]).v',
  'return Math.max.apply(null, [1, 5, 2]) + Reflect.apply(Math.min, null, [4, 3])',
  'const t = new Int32Array(new SharedArrayBuffer(8)); Atomics.add(t, 0, note(2)); while (Atomics.compareExchange(t, 0, 2, 1) !== 2); return Atomics.load(...[t, 0])',
  'var f = function () {}, x = []; x[0] = function () {}; x[1] = () => {}; x[2] = class {}; return [f.name, x[0].name, x[1].name, x[2].name]',
  'const x = [[1]]; const f = (i) => i > 2 ? i : f2(i)[0]; const f2 = (i) => [f(i + 1) + x[0][0]]; return f(0)',
  'const f = (i) => [i]; const g = (i) => (i === 0 ? 0 : f(i)[g(i - 1) * 0]); return g(3)',
  'try { throw [1] } catch ({ 0: e }) { return e } finally { note([2][0]) }',
  'label: { if ([1][0]) break label; note(1) } return [...function* () { yield* [[3][0]] }()]',
  'const x = [1]; try { x[0].nope() } catch (e) { note(e.message) } try { x[0]() } catch (e) { note(e.message) } try { [...x[0]] } catch (e) { note(e.message) } const { a } = x[1]',
  'const x = [1]; x[0] = x[0] = x[0] + (x[0] = 5, 1); return x',
  'const x = [0]; const i = 0; x[i] = i ? 1 : (() => { x[i] = 9; return x[i] + 1 })(); return x',
  'let a = 1, b = [2]; [a, b[0]] = [b[0], a]; return [a, b]',
  'for (const x = [0]; x[0] < 3; x[0]++) note(x[0]); let i = 0; while ([1, 1, 0][i]) i++; return i',
  'return ((a, b) => a[0] + b)([1], 2) + (a => b => a[b])([5])(0)',
  'const o = { [[1][0]]: 1, async *["m" + [2][0]]() {}, get [[3][0]]() { return 4 } }; return [Object.keys(o), o[3]]',
  'return [1,2].map(x => x)\n[1, 0][0]',
  'const a = 1;const b = a\n/x/g.exec("x")\nreturn b',
  'var i = 0; var x = [3]; /* [c] */ return x[ /* k */ i // end\n]',
  'return eval("[7][0]") + Function("a", "return a[0]")([1])',
  'const x = [1]; return `${x[0]}${`${x[0] + x[0]}`}`',
  'return typeof q === "undefined" ? typeof q?.[0] : 0; var q',
];

describe('same meaning', () => {
  test.each(FORMS)('%s', async (body) => {
    const script = `(function () { ${body}\n})()`;
    const plain = execute(script);
    const made = changed(script);
    const watched = execute(made);
    await new Promise((done) => setImmediate(done));
    expect(watched.value).toEqual(plain.value);
    expect(watched.notes).toEqual(plain.notes);
    expect(strip(made)).toBe(script);
    expect(made.split('\n').length).toBe(script.split('\n').length);
  });

  test('at the top of a script and of a module, after a hashbang and directives', () => {
    const text =
      '#!/usr/bin/env node\n"use strict"\nconst f = () => [[1]]\nf()[0][0] = 2\nthis.x = f()[0]\nthis.x';
    for (const kind of ['script', 'module', 'commonjs'] as const) {
      const made = instrument(text, 'x.js', kind)!;
      expect(strip(made.text)).toBe(text);
      expect(made.text.startsWith('#!/usr/bin/env node\n"use strict"')).toBe(true);
    }
    expect(execute(changed(text)).value).toEqual([1]);
  });

  // Random expressions over a few arrays: effects in keys, objects and values, in any order.
  const expression = fc.letrec<{ value: string; place: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom('0', '1', 'i', 'j'),
      tie('place'),
      fc
        .tuple(tie('place'), fc.constantFrom('=', '+=', '-=', '||=', '&&=', '??='), tie('value'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      tie('place').map((a) => `${a}++`),
      tie('place').map((a) => `--${a}`),
      fc.tuple(tie('value'), tie('value')).map(([a, b]) => `(${a} + ${b})`),
      fc.tuple(tie('value'), tie('value')).map(([a, b]) => `(${a}, ${b})`),
      tie('value').map((a) => `note(${a})`),
      fc.tuple(fc.constantFrom('i', 'j'), tie('value')).map(([name, a]) => `(${name} = ${a} & 1)`),
      fc
        .tuple(tie('place'), tie('place'), tie('value'), tie('value'))
        .map(([a, b, c, d]) => `([${a}, ${b} = ${c}] = [${d}])[0]`),
      fc.tuple(tie('value'), tie('value')).map(([a, b]) => `((p = ${a}) => ${b} + p)()`),
    ),
    place: fc.oneof(
      fc
        .tuple(fc.constantFrom('x', 'y', 'f(x)', 'o.x', 'o?.x', '(note(3), y)', '(x = y)'), tie('value'))
        .map(([a, b]) => `${a.includes('?') ? 'o.x' : a}[${b} & 1]`),
      fc.constantFrom('x[0]', 'y[i]', 'x[j]'),
    ),
  })).value;
  test('random expressions', () => {
    fc.assert(
      fc.property(expression, (text) => {
        const script = `(function () { let x = [1, 2], y = [3, 4], i = 0, j = 1; const f = (v) => note(v), o = { get x() { note('x'); return x } }; const v = ${text}; return [v, x, y, i, j] })()`;
        const plain = execute(script);
        const watched = execute(changed(script));
        expect(watched.value).toEqual(plain.value);
        expect(watched.notes).toEqual(plain.notes);
      }),
      { numRuns: 400 },
    );
  });
});

describe('what is told', () => {
  const told = (text: string) =>
    execute(changed(text)).told.map(([helper, key]) => `${helper} ${JSON.stringify(key)}`);
  test.each<[string, string[]]>([
    ['const x = [1]; x[0] = x[0] + 1', ['r 0', 'w 0']],
    ['const x = [1]; let i = 0; x[i++] += 2', ['r 0', 'w 0']],
    ['const x = [1]; x[0]++', ['m 0']],
    ['const x = [1]; [x[0]] = [2]', ['q 0']],
    ['const x = [[1]]; x[0][0] = 2', ['w 0']],
    ['const x = [[1]]; x[0].length + x[0].toString()', ['r 0']],
    ['const x = [() => [1]]; x[0](); new x[0](); [...x[0]()]; const { length } = x[0]; x[0]?.()', []],
    ['const x = [0]; x[0] ||= 5; x[0] ||= 6', ['r 0', 'w 0', 'r 0']],
    ['const x = [1]; delete x[0]; 0 in x', []],
    ['const x = {}; x.a = 1; x["a"] = 2; x[Symbol.iterator]', []],
    ['const { 0: a, [1]: b } = [1, 2]', ['o [0]', 'r 1']],
    ['const x = new Int32Array(1); Atomics.add(x, 0, 1)', ['a null']],
    ['const x = new Int32Array(1); while (Atomics.compareExchange(x, 0, 0, 1) !== 0);', ['l null']],
    ['const x = [1]; let n = null; n?.[0]; x?.[0]', ['r 0']],
  ])('%s', (text, expected) => {
    expect(told(text)).toEqual(expected);
  });

  test('a write is told after its value is there, so that what the value waits for comes before it', () => {
    const { told: calls } = execute(changed('const x = [1], f = () => x[0]; x[1] = f()'));
    expect(calls.map(([helper, key]) => [helper, key])).toEqual([
      ['r', 0],
      ['w', 1],
    ]);
  });

  test('sites carry the author’s places', () => {
    const { sites } = instrument(
      'class Counter {\n  bump() { this.x[0]++; }\n}\nconst f = (a) => a[1];\n',
      'x.js',
      'module',
    )!;
    expect(sites).toEqual([
      { line: 2, column: 12, kind: 'rmw', function: 'Counter.bump' },
      { line: 4, column: 18, kind: 'read', function: 'f' },
    ]);
  });

  test('text without accesses, and text that does not parse, are left alone', () => {
    expect(instrument('export const a = 1;', 'x.js', 'module')).toBeNull();
    expect(instrument('const = x[0]', 'x.js', 'module')).toBeNull();
  });
});
