/**
 * All ways through one agent's code, with the values of its reads left open: the first half of a candidate execution
 * (clause "Candidate Executions": every agent is evaluated with its read values chosen freely).
 */
import { compare } from './compare.ts';
import { compile } from './code.ts';
import { MAX_PATHS, TooLarge } from './limits.ts';
import { plus } from './numbers.ts';
import type { Access, Cmp, Comparable, ElementType, Op, Order, RmwName, Scalar } from './program.ts';
import { isNoTear } from './program.ts';

/** A value as the path knows it: a constant, or what an earlier event of the same path gave, plus a constant. */
export type Operand =
  | { readonly k: 'const'; readonly value: Scalar | string }
  | { readonly k: 'result'; readonly event: number; readonly add: Scalar | null };

/** What a write leaves in memory. */
type Payload =
  | { readonly k: 'set'; readonly value: Operand }
  | { readonly k: 'modify'; readonly op: RmwName; readonly value: Operand };

export type EventKind = 'read' | 'write' | 'rmw' | 'enter' | 'leave';

export interface PathEvent {
  readonly kind: EventKind;
  readonly op: Access;
  readonly order: Order;
  readonly noTear: boolean;
  /** Of `write` and `rmw`. */
  readonly payload: Payload | null;
}

/** What must turn out true for the path to be taken. */
export type Constraint =
  | {
      readonly k: 'compare';
      readonly lhs: Operand;
      readonly cmp: Cmp;
      readonly rhs: Operand;
      readonly holds: boolean;
    }
  /** The bytes that `event` read are (or are not) those of `expected`: compareExchange and wait. */
  | {
      readonly k: 'bytes';
      readonly event: number;
      readonly type: ElementType;
      readonly expected: Operand;
      readonly holds: boolean;
    };

type SectionKind = 'check' | 'sleep' | 'notify' | 'woken' | 'timed-out';

/** One critical section of a WaiterList (clause "Atomics.wait", "Atomics.notify"): events `first` to `last`. */
export interface Section {
  readonly kind: SectionKind;
  readonly first: number;
  readonly last: number;
  /** The waiter list: block and byte index. */
  readonly list: string;
  /** For `woken` and `timed-out`: index of the section that went to sleep. */
  readonly sleptIn: number;
  /** For `sleep`: nobody ever wakes it. */
  readonly forEver: boolean;
  /** For `notify`: how many it may wake. */
  readonly count: number;
}

export interface Path {
  readonly events: readonly PathEvent[];
  readonly constraints: readonly Constraint[];
  readonly sections: readonly Section[];
  readonly registers: ReadonlyMap<string, Operand>;
  /** Blocked for ever in a `wait`. */
  readonly stuck: boolean;
}

export function waiterList(op: Access): string {
  return `${op.loc}@${op.offset}`;
}

/** Throws TooLarge. */
export function paths(thread: readonly Op[]): readonly Path[] {
  const steps = compile(thread);
  const found: Path[] = [];
  const open: Draft[] = [
    { pc: 0, events: [], constraints: [], sections: [], registers: new Map(), stuck: false },
  ];
  for (let draft = open.pop(); draft !== undefined; draft = open.pop()) {
    const step = draft.stuck ? undefined : steps[draft.pc];
    if (step === undefined) {
      found.push(draft);
      if (found.length > MAX_PATHS) {
        throw new TooLarge(`one agent has more than ${MAX_PATHS} ways through its code`);
      }
      continue;
    }
    switch (step.step) {
      case 'jump':
        open.push({ ...draft, pc: step.to });
        break;
      case 'branch': {
        const lhs = operand(step.lhs, draft.registers);
        const rhs = operand(step.rhs, draft.registers);
        for (const holds of [false, true]) {
          if (lhs.k === 'const' && rhs.k === 'const' && compare(lhs.value, step.cmp, rhs.value) !== holds)
            continue;
          const constraint: Constraint = { k: 'compare', lhs, cmp: step.cmp, rhs, holds };
          const constraints =
            lhs.k === 'const' && rhs.k === 'const' ? draft.constraints : [...draft.constraints, constraint];
          open.push({ ...draft, constraints, pc: holds ? draft.pc + 1 : step.other });
        }
        break;
      }
      case 'access':
        open.push(...access(draft, step.op));
    }
  }
  return found;
}

interface Draft extends Path {
  readonly pc: number;
}

function operand(value: Comparable, registers: ReadonlyMap<string, Operand>): Operand {
  if (typeof value !== 'object') return { k: 'const', value };
  // Invariant: `validate` has refused registers that are read before they are set.
  const from = registers.get(value.reg)!;
  if (value.add === undefined) return from;
  return from.k === 'const'
    ? { k: 'const', value: typeof from.value === 'string' ? from.value : plus(from.value, value.add) }
    : { ...from, add: value.add };
}

/** The drafts after one access: one, or one per way it can turn out. */
function access(draft: Draft, op: Access): Draft[] {
  const here = draft.events.length;
  switch (op.op) {
    case 'store': {
      const payload: Payload = { k: 'set', value: operand(op.value, draft.registers) };
      return [after(draft, [event(op, 'write', op.order, payload)], {})];
    }
    case 'load':
      return [after(draft, [event(op, 'read', op.order, null)], { reg: op.reg, value: resultOf(here) })];
    case 'cas': {
      const expected = operand(op.expected, draft.registers);
      const payload: Payload = { k: 'set', value: operand(op.value, draft.registers) };
      const test = (holds: boolean): Constraint => ({
        k: 'bytes',
        event: here,
        type: op.type,
        expected,
        holds,
      });
      const assigned = { reg: op.reg, value: resultOf(here) };
      return [
        // "Otherwise a plain seq-cst read": a compare-exchange that fails writes nothing.
        after(draft, [event(op, 'read', 'sc', null)], { ...assigned, constraint: test(false) }),
        after(draft, [event(op, 'rmw', 'sc', payload)], { ...assigned, constraint: test(true) }),
      ];
    }
    case 'wait':
      return waits(draft, op);
    case 'notify': {
      const events = [event(op, 'enter', 'sc', null), event(op, 'leave', 'sc', null)];
      const section = sectionAt('notify', op, here, here + 1, { count: op.count ?? Infinity });
      return [after(draft, events, { reg: op.reg, value: resultOf(here), sections: [section] })];
    }
    default: {
      const payload: Payload = { k: 'modify', op: op.op, value: operand(op.value, draft.registers) };
      return [after(draft, [event(op, 'rmw', 'sc', payload)], { reg: op.reg, value: resultOf(here) })];
    }
  }
}

function waits(draft: Draft, op: Access & { readonly op: 'wait' }): Draft[] {
  const here = draft.events.length;
  const slot = draft.sections.length;
  const expected = operand(op.expected, draft.registers);
  const enter = event(op, 'enter', 'sc', null);
  const leave = event(op, 'leave', 'sc', null);
  const first = [enter, event(op, 'read', 'sc', null), leave];
  const test = (holds: boolean): Constraint => ({
    k: 'bytes',
    event: here + 1,
    type: op.type,
    expected,
    holds,
  });
  const gives = (text: string): { reg: string | null; value: Operand } => ({
    reg: op.reg,
    value: { k: 'const', value: text },
  });
  const sleep = sectionAt('sleep', op, here, here + 2, {});
  const again = (kind: 'woken' | 'timed-out'): Section =>
    sectionAt(kind, op, here + 3, here + 4, { sleptIn: slot });
  const results = [
    after(draft, first, {
      ...gives('not-equal'),
      constraint: test(false),
      sections: [sectionAt('check', op, here, here + 2, {})],
    }),
    after(draft, [...first, enter, leave], {
      ...gives('ok'),
      constraint: test(true),
      sections: [sleep, again('woken')],
    }),
  ];
  if (op.timeout !== null) {
    const sections = [sleep, again('timed-out')];
    results.push(
      after(draft, [...first, enter, leave], { ...gives('timed-out'), constraint: test(true), sections }),
    );
  } else {
    const stuck = after(draft, first, {
      ...gives('stuck'),
      constraint: test(true),
      sections: [{ ...sleep, forEver: true }],
    });
    results.push({ ...stuck, stuck: true });
  }
  return results;
}

function sectionAt(
  kind: SectionKind,
  op: Access,
  first: number,
  last: number,
  rest: { readonly sleptIn?: number; readonly count?: number },
): Section {
  return {
    kind,
    first,
    last,
    list: waiterList(op),
    sleptIn: rest.sleptIn ?? -1,
    forEver: false,
    count: rest.count ?? 0,
  };
}

function resultOf(event: number): Operand {
  return { k: 'result', event, add: null };
}

function event(op: Access, kind: EventKind, order: Order, payload: Payload | null): PathEvent {
  const dataview = (op.op === 'store' || op.op === 'load') && op.dataview;
  return { kind, op, order, noTear: isNoTear(op.type, order, dataview), payload };
}

interface Change {
  readonly reg?: string | null;
  readonly value?: Operand;
  readonly constraint?: Constraint;
  readonly sections?: readonly Section[];
}

function after(draft: Draft, events: readonly PathEvent[], change: Change): Draft {
  const registers = new Map(draft.registers);
  const reg = change.reg ?? null;
  if (reg !== null && change.value !== undefined) registers.set(reg, change.value);
  return {
    pc: draft.pc + 1,
    events: [...draft.events, ...events],
    constraints:
      change.constraint === undefined ? draft.constraints : [...draft.constraints, change.constraint],
    sections: change.sections === undefined ? draft.sections : [...draft.sections, ...change.sections],
    registers,
    stuck: false,
  };
}
