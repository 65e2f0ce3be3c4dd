/** Functions that nothing in sight calls: somebody outside may, at any time and more than once. */
import type { FileId } from '../base/text.ts';
import type { ClassId, Func, Param, Unit } from '../ir/unit.ts';
import { callFunction, initialize } from './call.ts';
import type { Frame, HeapObject } from './heap.ts';
import type { AgentState, Machine } from './machine.ts';
import { ELEMENT_SIZES, WHOLE } from './memory.ts';
import { ANY, NONE, number, object, type Values } from './values.ts';

export interface Entry {
  readonly key: string;
  readonly agent: AgentState;
  readonly func: Func;
  readonly callee: number;
  /** For methods: the class object they belong to. */
  readonly cls: number | null;
}

export function entryPoints(m: Machine, files: ReadonlySet<FileId>): Entry[] {
  const visited = new Set<Func>();
  for (const agent of m.agents.values()) for (const func of agent.visited) visited.add(func);
  const found: Entry[] = [];
  const taken = new Set<Func>(m.entries.map((entry) => entry.func));
  const add = (func: Func, callee: HeapObject, cls: HeapObject | null) => {
    if (visited.has(func) || taken.has(func)) return;
    const agent = agentOf(m, callee);
    if (agent === undefined) return;
    taken.add(func);
    found.push({
      key: `entry ${agent.key}|${callee.key}`,
      agent,
      func,
      callee: callee.id,
      cls: cls?.id ?? null,
    });
  };
  // The heap grows while methods are made; only what is there now is looked at.
  for (const target of [...m.heap.objects]) {
    const { is } = target;
    if (is.kind === 'func' && files.has(is.unit.file) && is.func.cls === null) add(is.func, target, null);
    if (is.kind !== 'class' || !files.has(is.unit.file)) continue;
    for (const method of is.unit.classes[is.cls]?.methods ?? []) {
      const func = is.unit.funcs[method.func];
      // Only the class itself can call `#name`, with whatever locks it holds then.
      if (func === undefined || visited.has(func) || method.name.startsWith('#')) continue;
      add(func, methodObject(m, is.unit, func, is.frame), method.static ? null : target);
    }
  }
  return found;
}

function methodObject(m: Machine, unit: Unit, func: Func, frame: Frame): HeapObject {
  return m.heap.make(
    `method ${frame.id}|${func.id}`,
    () => ({ kind: 'func', unit, func, frame, self: NONE }),
    {
      madeAt: null,
      madeLoops: [],
      madeTurn: '',
    },
  );
}

/** The agent whose copy of the file made the function. */
function agentOf(m: Machine, callee: HeapObject): AgentState | undefined {
  if (callee.is.kind !== 'func') return undefined;
  const { frame } = callee.is;
  return [...m.agents.values()].find((agent) => frame.id.startsWith(`${agent.key}|`));
}

export function runEntry(m: Machine, entry: Entry): void {
  const callee = m.heap.get(entry.callee);
  if (callee.is.kind !== 'func') return;
  const { frame, unit, func } = callee.is;
  let self: Values = NONE;
  if (entry.cls !== null) {
    const cls = m.heap.get(entry.cls);
    self = instancesOf(m, cls);
    if (self === NONE) self = inferredInstance(m, cls, frame, func.at, 'this');
  }
  callFunction(m, frame, func.at, callee, self, symbolicArgs(m, unit, func.id, func.params));
}

function instancesOf(m: Machine, cls: HeapObject): Values {
  return m.heap.instances.get(cls.id) ?? NONE;
}

/** An instance that somebody outside makes, with whatever arguments the types allow. */
function inferredInstance(m: Machine, cls: HeapObject, frame: Frame, at: number, role: string): Values {
  if (cls.is.kind !== 'class') return NONE;
  const { unit, cls: id } = cls.is;
  const made = m.make(`outside instance ${cls.id} ${role}`, () => ({ kind: 'instance', cls: cls.id }), null);
  const outer = m.inferring;
  m.inferring = true;
  const construct = unit.classes[id]?.construct ?? null;
  const params = construct === null ? [] : (unit.funcs[construct]?.params ?? []);
  initialize(m, frame, at, made, cls, symbolicArgs(m, unit, construct ?? id, params));
  m.inferring = outer;
  return object(made.id);
}

function symbolicArgs(m: Machine, unit: Unit, owner: string, params: readonly Param[]): Values[] {
  return params.map((param, index) => {
    const name = param.target.p === 'var' ? (unit.bindings[param.target.id]?.name ?? '') : '';
    return symbolic(m, unit, `${unit.file}#${owner}:${index}`, param.type, name);
  });
}

/** A value of which only the type is known. */
function symbolic(m: Machine, unit: Unit, key: string, type: string | null, name: string): Values {
  if (type === 'number' || type === null) return type === null ? ANY : { ...NONE, num: WHOLE.num };
  if (type === 'SharedArrayBuffer') return sharedBuffer(m, key, name);
  if (Object.hasOwn(ELEMENT_SIZES, type)) {
    const buffer = sharedBuffer(m, key, name);
    const size = ELEMENT_SIZES[type]!;
    const made = m.make(
      `outside view ${key}`,
      () => ({ kind: 'view', buffer, offset: number(0), size, length: null, type }),
      null,
    );
    return object(made.id);
  }
  const cls = classNamed(m, unit, type);
  if (cls?.is.kind !== 'class') return ANY;
  const known = instancesOf(m, cls);
  if (known !== NONE || m.inferring) return known;
  // Another one than `this`: two instances have two locks and two views.
  return inferredInstance(m, cls, cls.is.frame, cls.is.frame.func.at, 'another');
}

function sharedBuffer(m: Machine, key: string, name: string): Values {
  const region = m.region(`outside ${key}`, name, null, true);
  return object(m.make(`outside buffer ${key}`, () => ({ kind: 'region', region }), null).id);
}

function classNamed(m: Machine, unit: Unit, name: string): HeapObject | null {
  const id: ClassId | undefined = Object.values(unit.classes).find((each) => each.name === name)?.id;
  return id === undefined ? null : (m.heap.classes.get(`${unit.file}#${id}`) ?? null);
}
