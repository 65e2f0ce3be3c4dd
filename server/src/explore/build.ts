/** Programs written in code: `program('SB', [[store('x', 1), load('y', 'r0')], [store('y', 1), load('x', 'r1')]])`. */
import type {
  Break,
  Cas,
  Claim,
  Cmp,
  Comparable,
  ElementType,
  If,
  Load,
  Notify,
  Op,
  Order,
  Program,
  Repeat,
  Rmw,
  RmwName,
  Store,
  Value,
  Wait,
} from './program.ts';

/** What most accesses do not say: a plain access to the first 32 bits of its block. */
export interface Detail {
  readonly type?: ElementType;
  /** In bytes. */
  readonly offset?: number;
  readonly order?: Order;
  readonly dataview?: boolean;
}

export function program(
  name: string,
  threads: readonly (readonly Op[])[],
  rest: Partial<Omit<Program, 'name' | 'threads'>> = {},
): Program {
  return {
    name,
    threads,
    question: rest.question ?? '',
    source: rest.source ?? '',
    init: rest.init ?? [],
    agents: rest.agents ?? threads.map((_, index) => agentName(index)),
    final: rest.final ?? [],
    claims: rest.claims ?? ([] as readonly Claim[]),
  };
}

/** `A`, `B`, `C` …: what an agent is called that has no name of its own. */
export function agentName(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : `agent ${index + 1}`;
}

export function store(loc: string, value: Value, detail: Detail = {}): Store {
  return { op: 'store', ...cell(loc, detail), value, ...plainness(detail) };
}

export function load(loc: string, reg: string, detail: Detail = {}): Load {
  return { op: 'load', ...cell(loc, detail), reg, ...plainness(detail) };
}

export function rmw(
  op: RmwName,
  loc: string,
  value: Value,
  reg: string | null = null,
  detail: Detail = {},
): Rmw {
  return { op, ...cell(loc, detail), value, reg };
}

export function cas(
  loc: string,
  expected: Value,
  value: Value,
  reg: string | null = null,
  detail: Detail = {},
): Cas {
  return { op: 'cas', ...cell(loc, detail), expected, value, reg };
}

export function wait(
  loc: string,
  expected: Value,
  reg: string | null = null,
  timeout: number | null = null,
  detail: Detail = {},
): Wait {
  return { op: 'wait', ...cell(loc, detail), expected, timeout, reg };
}

export function notify(
  loc: string,
  count: number | null = null,
  reg: string | null = null,
  detail: Detail = {},
): Notify {
  return { op: 'notify', ...cell(loc, detail), count, reg };
}

export function when(
  lhs: Comparable,
  cmp: Cmp,
  rhs: Comparable,
  then: readonly Op[],
  otherwise: readonly Op[] = [],
): If {
  return { op: 'if', lhs, cmp, rhs, then, else: otherwise };
}

export function repeat(times: number, body: readonly Op[]): Repeat {
  return { op: 'repeat', times, body };
}

export function leave(): Break {
  return { op: 'break' };
}

function cell(loc: string, detail: Detail): { loc: string; type: ElementType; offset: number } {
  return { loc, type: detail.type ?? 'i32', offset: detail.offset ?? 0 };
}

function plainness(detail: Detail): { order: Order; dataview: boolean } {
  return { order: detail.order ?? 'un', dataview: detail.dataview ?? false };
}
