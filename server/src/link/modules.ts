/** Files as an agent sees them: each agent that loads a file has its own copy of the file's variables. */
import type { FileId } from '../base/text.ts';
import type { Unit } from '../ir/unit.ts';
import { relativeUrl } from './globals.ts';
import { evalExpr } from './eval.ts';
import { execAll } from './exec.ts';
import { collect } from './flow.ts';
import type { Frame } from './heap.ts';
import type { Machine } from './machine.ts';
import { hostValue } from './workers.ts';
import { ANY, join, NONE, object, type Values } from './values.ts';

/** The frame of a file's module body in the current agent; runs the body the first time in each pass. */
export function loadModule(m: Machine, file: FileId): Frame | null {
  const unit = m.host.unit(file);
  const func = unit?.funcs[''];
  if (unit === null || func === undefined) return null;
  const known = m.agent.modules.get(file);
  if (known !== undefined && m.loaded.has(`${m.agent.key}|${file}`)) return known;
  m.loaded.add(`${m.agent.key}|${file}`);
  const outer = {
    path: m.path,
    stack: m.stack,
    active: m.active,
    loops: m.loops,
    abrupt: m.abrupt,
    flow: m.flow,
  };
  m.path = [m.numberOf(`module ${file}`)];
  m.stack = [];
  m.active = [];
  m.loops = [];
  m.abrupt = [];
  m.flow = { held: [], arms: [] };
  const frame = m.frame(unit, func, null);
  m.agent.modules.set(file, frame);
  m.agent.visited.add(func);
  // What is imported for its effect runs now; the rest when one of its names is first used, which orders it no worse
  // and leaves alone what has nothing to do with this.
  for (const each of unit.imports) {
    if (!each.bare) continue;
    const target = m.host.resolve(each.specifier, file);
    if (target !== null) loadModule(m, target);
  }
  collect(
    m,
    () => true,
    () => {
      execAll(m, frame, func.body);
    },
  );
  m.path = outer.path;
  m.stack = outer.stack;
  m.active = outer.active;
  m.loops = outer.loops;
  m.abrupt = outer.abrupt;
  m.flow = outer.flow;
  return frame;
}

export function importBinding(m: Machine, frame: Frame, binding: string): Values {
  const declared = frame.unit.imports.find((each) => each.binding === binding);
  if (declared === undefined) return ANY;
  const { specifier, name } = declared;
  const file = m.host.resolve(specifier, frame.unit.file);
  if (file === null) return packageMember(m, frame.unit.file, specifier, name);
  if (loadModule(m, file) === null) return ANY;
  const unit = m.host.unit(file)!;
  if (name === '*') return namespaceOf(m, unit);
  return namespaceMember(m, unit, name);
}

/** `import(x)` and `require(x)`: the namespace itself; `await` passes it on. */
export function importModule(m: Machine, frame: Frame, specifier: string | null): Values {
  if (specifier === null) return ANY;
  const file = m.host.resolve(specifier, frame.unit.file);
  if (file === null) return packageMember(m, frame.unit.file, specifier, '*');
  if (loadModule(m, file) === null) return ANY;
  return namespaceOf(m, m.host.unit(file)!);
}

function namespaceOf(m: Machine, unit: Unit): Values {
  const key = `namespace ${m.agent.key}|${unit.file}`;
  return object(m.make(key, () => ({ kind: 'namespace', unit }), null).id);
}

/** What a package that is not in sight exports, by name; known ones mean something to `builtins`. */
function packageMember(m: Machine, from: FileId, specifier: string, name: string): Values {
  // `import SortWorker from './sort.ts?worker'`: a bundler makes a class of it.
  const bundled = /^(.*)\?(?:.*&)?(worker|sharedworker)\b/.exec(specifier);
  if (bundled !== null) return m.builtin(`bundled-${bundled[2]!}`, relativeUrl(m, bundled[1]!, from));
  const bare = specifier.replace(/^node:/, '');
  if (name === '*') return m.external(`${bare}#`);
  return hostValue(m, bare, name);
}

export function namespaceMember(m: Machine, unit: Unit, name: string, seen = new Set<string>()): Values {
  const key = `${unit.file}#${name}`;
  if (seen.has(key)) return NONE;
  seen.add(key);
  const frame = m.agent.modules.get(unit.file);
  if (frame === undefined) return NONE;
  let result: Values = NONE;
  for (const each of unit.exports) {
    if (each.name === name && 'value' in each) result = join(result, evalExpr(m, frame, each.value));
    else if (each.name === name && 'imported' in each)
      result = join(result, reexported(m, unit, each.specifier, each.imported, seen));
    else if (each.name === null && 'specifier' in each && name !== 'default')
      result = join(result, reexported(m, unit, each.specifier, name, seen));
  }
  return join(result, commonJsMember(m, frame, name));
}

function reexported(m: Machine, unit: Unit, specifier: string, name: string, seen: Set<string>): Values {
  const file = m.host.resolve(specifier, unit.file);
  if (file === null) return packageMember(m, unit.file, specifier, name);
  if (loadModule(m, file) === null) return ANY;
  const target = m.host.unit(file)!;
  return name === '*' ? namespaceOf(m, target) : namespaceMember(m, target, name, seen);
}

/** `module.exports = …`, `exports.name = …`. */
function commonJsMember(m: Machine, frame: Frame, name: string): Values {
  const module = frame.cells.get('*module*');
  if (module === undefined) return NONE;
  let result: Values = NONE;
  for (const target of m.objectsOf(module)) {
    const exported = m.heap.field(target, 'exports');
    if (name === 'default') result = join(result, exported);
    for (const each of m.objectsOf(exported))
      result = join(result, each.is.kind === 'object' ? m.heap.field(each, name) : NONE);
  }
  return result;
}

/** The `module` object of a CommonJS file. */
export function moduleObject(m: Machine, frame: Frame): Values {
  let top = frame;
  while (top.parent !== null) top = top.parent;
  const known = top.cells.get('*module*');
  if (known !== undefined) return known;
  const module = m.make(`module ${top.id}`, () => ({ kind: 'object' }), null);
  const exported = m.make(`exports ${top.id}`, () => ({ kind: 'object' }), null);
  m.heap.setField(module, 'exports', object(exported.id));
  m.heap.setCell(top, '*module*', object(module.id));
  return object(module.id);
}
