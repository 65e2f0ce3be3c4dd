/** What a callee does with a function that it is given: calls it at once, calls it later, keeps it, or nobody knows. */
import type { BindingId, Expr } from '../../ir/unit.ts';
import type { ReceiverKind } from '../rule.ts';
import type { Accesses } from './accesses.ts';

/** A receiver whose type decides: the role holds if the kind is one of these. */
export interface Needs {
  readonly receiver: Expr;
  readonly kinds: readonly ReceiverKind[];
}

export type Role =
  | { readonly role: 'now'; readonly needs: Needs | null }
  /** `what` names the function in a sentence: "when this … runs". */
  | { readonly role: 'later'; readonly what: string; readonly certain: boolean }
  /** Put into `into`, which somebody else takes it out of. */
  | { readonly role: 'kept'; readonly into: Expr; readonly needs: Needs | null }
  | { readonly role: 'unknown' };

const UNKNOWN: Role = { role: 'unknown' };
const NOW: Role = { role: 'now', needs: null };

const SCHEDULERS: ReadonlyMap<string, string> = new Map([
  ['setTimeout', 'timer callback'],
  ['setInterval', 'timer callback'],
  ['setImmediate', 'timer callback'],
  ['queueMicrotask', 'microtask'],
  ['nextTick', 'callback'],
  ['requestAnimationFrame', 'animation frame callback'],
  ['requestIdleCallback', 'idle callback'],
]);

const REACTIONS: ReadonlySet<string> = new Set(['then', 'catch', 'finally']);
const LISTENS: ReadonlySet<string> = new Set([
  'on',
  'once',
  'addListener',
  'prependListener',
  'prependOnceListener',
]);
const OBSERVERS = /^(?:Mutation|Intersection|Resize|Performance|Reporting)Observer$|^FinalizationRegistry$/;

/** Functions of Node's modules that take a callback as their last argument; those named `…Sync` do not. */
const NODE_CALLBACKS: ReadonlySet<string> = new Set([
  'fs',
  'dns',
  'zlib',
  'crypto',
  'child_process',
  'http',
  'https',
  'http2',
  'net',
  'tls',
  'dgram',
]);

const CALLS_AT_ONCE: ReadonlySet<string> = new Set([
  'forEach',
  'map',
  'filter',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
  'some',
  'every',
  'reduce',
  'reduceRight',
  'flatMap',
  'sort',
  'toSorted',
  'replace',
  'replaceAll',
  'each',
]);
const LISTS: readonly ReceiverKind[] = [
  'array',
  'typed-array',
  'map-or-set',
  'iterator',
  'string',
  'unknown',
];
const STATICS_AT_ONCE: ReadonlySet<string> = new Set([
  'Array.from',
  'Object.groupBy',
  'Map.groupBy',
  'JSON.parse',
  'JSON.stringify',
  'Reflect.apply',
]);

const REGISTERS: ReadonlySet<string> = new Set(['it', 'test', 'specify']);
const REGISTER_FORMS: ReadonlySet<string> = new Set(['only', 'skip', 'concurrent', 'sequential', 'serial']);
const HOOKS: ReadonlySet<string> = new Set([
  'before',
  'after',
  'beforeEach',
  'afterEach',
  'beforeAll',
  'afterAll',
]);
const GROUPS: ReadonlySet<string> = new Set(['describe', 'context', 'suite']);

const JQUERY_EVENTS =
  /^(?:click|dblclick|change|submit|key(?:up|down|press)|mouse(?:enter|leave|over|out|move|down|up)|focus|blur|hover|scroll|resize|ready|load)$/;

export interface CallShape {
  readonly callee: Expr;
  readonly args: readonly Expr[];
  readonly isNew: boolean;
}

/** The role of the argument with this number. */
export function roleOf(accesses: Accesses, call: CallShape, index: number): Role {
  if (call.isNew) return roleInNew(call, index);
  const { callee } = call;
  if (callee.e === 'member') {
    return callee.key.e === 'const' && typeof callee.key.value === 'string'
      ? roleInMethod(accesses, call, callee.of, callee.key.value, index)
      : UNKNOWN;
  }
  if (callee.e === 'global') return roleByName(call, callee.name, index);
  if (callee.e !== 'var') return UNKNOWN;
  const imported = accesses.moduleOf(callee.id);
  if (imported !== null) return roleOfImport(call, imported, index);
  // `declare function it(…)`: a global by another way.
  const isAmbient =
    accesses.unit.bindings[callee.id]?.kind === 'function' && accesses.onlyValue(callee.id) === null;
  return isAmbient ? roleByName(call, plainName(callee.id), index) : UNKNOWN;
}

function roleInNew({ callee }: CallShape, index: number): Role {
  const name = callee.e === 'global' ? callee.name : '';
  if (index !== 0) return UNKNOWN;
  if (name === 'Promise') return NOW;
  return OBSERVERS.test(name) ? later('observer callback') : UNKNOWN;
}

function roleByName(call: CallShape, name: string, index: number): Role {
  const scheduled = SCHEDULERS.get(name);
  if (scheduled !== undefined && index === 0) return later(scheduled);
  if (name === 'addEventListener' && index === 1) return later('event listener');
  if (REGISTERS.has(name) && index > 0 && isTitle(call.args[0])) return likely('test');
  if (HOOKS.has(name) && index === 0) return likely('hook');
  return GROUPS.has(name) && index === 1 ? NOW : UNKNOWN;
}

function roleOfImport(
  call: CallShape,
  { specifier, name }: { specifier: string; name: string },
  index: number,
): Role {
  if (specifier === 'timers') return roleByName(call, name, index);
  if (NODE_CALLBACKS.has(specifier))
    return !name.endsWith('Sync') && index === call.args.length - 1 ? later('callback') : UNKNOWN;
  if (name === 'default') return UNKNOWN;
  return REGISTERS.has(name) || HOOKS.has(name) || GROUPS.has(name) ? roleByName(call, name, index) : UNKNOWN;
}

function roleInMethod(accesses: Accesses, call: CallShape, of: Expr, name: string, index: number): Role {
  const { args } = call;
  if (REACTIONS.has(name) && index < (name === 'then' ? 2 : 1)) return later('promise reaction');
  if (name === 'addEventListener' && index === 1) return later('event listener');
  if (LISTENS.has(name) && (index > 0 || name === 'addListener')) {
    const what = args[0]?.e === 'const' && args[0].value === 'message' ? 'message handler' : 'event listener';
    return args[0]?.e === 'func' && index > 0 ? UNKNOWN : likely(what);
  }
  const scheduled = index === 0 ? SCHEDULERS.get(name) : undefined;
  if (scheduled !== undefined) return isGlobalObject(of) ? later(scheduled) : likely(scheduled);
  const imported = of.e === 'var' ? accesses.moduleOf(of.id) : null;
  if (imported !== null && ['*', 'default'].includes(imported.name) && NODE_CALLBACKS.has(imported.specifier))
    return roleOfImport(call, { specifier: imported.specifier, name }, index);
  if (of.e === 'global') {
    if (STATICS_AT_ONCE.has(`${of.name}.${name}`)) return NOW;
    if (of.name === 'Object' || of.name === 'Reflect') {
      const at = name === 'defineProperty' ? 2 : name === 'defineProperties' ? 1 : -1;
      if (index === at || (name === 'assign' && index > 0))
        return { role: 'kept', into: args[0]!, needs: null };
    }
  }
  const root = nameOf(accesses, of);
  if (root !== null && REGISTER_FORMS.has(name)) return roleByName(call, root, index);
  if (root === 'test' && (name === 'describe' || HOOKS.has(name))) return roleByName(call, name, index);
  if (JQUERY_EVENTS.test(name) && index === args.length - 1 && isJQuery(of)) return likely('event listener');
  if (CALLS_AT_ONCE.has(name)) return callsAtOnce(of, name, index);
  return keeps(accesses, of, name, index);
}

function callsAtOnce(of: Expr, name: string, index: number): Role {
  if (name === 'replace' || name === 'replaceAll') return index === 1 ? NOW : UNKNOWN;
  // `_.map(list, f)` and `$.each(list, f)` are given the list; `list.map(f)` is the list.
  if (index > 1 || (index === 1 && !isToolbox(of))) return UNKNOWN;
  if (isToolbox(of) || isList(of) || name === 'each') return NOW;
  return { role: 'now', needs: { receiver: of, kinds: LISTS } };
}

function keeps(accesses: Accesses, of: Expr, name: string, index: number): Role {
  if (name === 'push' || name === 'unshift')
    return { role: 'kept', into: of, needs: { receiver: of, kinds: ['array', 'unknown'] } };
  const isSetter = (name === 'set' && index === 1) || (name === 'add' && index === 0);
  if (!isSetter) return UNKNOWN;
  const value = of.e === 'var' ? accesses.onlyValue(of.id) : null;
  const made = value?.e === 'new' && value.callee.e === 'global' ? value.callee.name : '';
  if (/^(?:Weak)?(?:Map|Set)$/.test(made)) return { role: 'kept', into: of, needs: null };
  return { role: 'kept', into: of, needs: { receiver: of, kinds: ['map-or-set'] } };
}

function later(what: string): Role {
  return { role: 'later', what, certain: true };
}

function likely(what: string): Role {
  return { role: 'later', what, certain: false };
}

function isTitle(expr: Expr | undefined): boolean {
  return (
    expr !== undefined && (expr.e === 'const' || expr.e === 'op' || expr.e === 'var' || expr.e === 'member')
  );
}

function isGlobalObject(expr: Expr): boolean {
  return expr.e === 'global' && /^(?:window|self|globalThis|global|process|scheduler)$/.test(expr.name);
}

/** The name of a global or of an import, as its module calls it. */
function nameOf(accesses: Accesses, expr: Expr): string | null {
  if (expr.e === 'global') return expr.name;
  if (expr.e === 'member' && expr.key.e === 'const' && REGISTER_FORMS.has(String(expr.key.value)))
    return nameOf(accesses, expr.of);
  return expr.e === 'var' ? (accesses.moduleOf(expr.id)?.name ?? null) : null;
}

function isToolbox(expr: Expr): boolean {
  const name = expr.e === 'global' ? expr.name : expr.e === 'var' ? plainName(expr.id) : '';
  return /^(?:_|\$|jQuery|lodash|underscore|R|Array)$/.test(name);
}

function isJQuery(expr: Expr): boolean {
  for (let at = expr; ;) {
    if (at.e === 'call') at = at.callee;
    else if (at.e === 'member') at = at.of;
    else {
      const name = at.e === 'global' ? at.name : at.e === 'var' ? plainName(at.id) : '';
      return /^\$|^jQuery$/.test(name);
    }
  }
}

/** What syntax alone shows to be a list. */
function isList(expr: Expr): boolean {
  if (expr.e === 'array') return true;
  if (expr.e !== 'call' || expr.callee.e !== 'member' || expr.callee.key.e !== 'const') return false;
  const { of, key } = expr.callee;
  if (of.e === 'global' && (of.name === 'Object' || of.name === 'Array')) return true;
  return key.value === 'split' || ((key.value === 'map' || key.value === 'filter') && isList(of));
}

export function plainName(id: BindingId): string {
  return id.slice(id.lastIndexOf(':') + 1).replace(/~\d+$/, '');
}
