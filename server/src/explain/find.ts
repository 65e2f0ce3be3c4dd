/** Which events an offset stands on. */
import type { Event } from '../ir/program.ts';
import type { Func, FuncId, Point, Stmt, Unit } from '../ir/unit.ts';
import type { PointEvents } from './indexes.ts';

export interface Found {
  readonly func: FuncId;
  readonly point: Point;
  readonly start: number;
  readonly end: number;
  readonly events: readonly Event[];
}

/** The innermost place with events that holds the offset; null where there is none. */
export function findAt(unit: Unit, funcs: ReadonlyMap<FuncId, PointEvents>, offset: number): Found | null {
  const inner = innermost(unit, offset);
  if (inner === null) return null;
  const inHead = inner.parent !== null && offset < bodyStart(unit, inner);
  let best: Found | null = null;
  for (const func of inHead ? [inner.id, inner.parent] : [inner.id]) {
    for (const found of placesIn(unit, func, funcs.get(func))) {
      const isHandler = inHead && isHandlerOf(unit, found, inner);
      if (!isHandler && !holds(unit, found, offset)) continue;
      if (best === null || found.end - found.start <= best.end - best.start) best = found;
    }
  }
  return best;
}

/** All places with events that begin on a zero-based line, in the order of the text. */
export function findOnLine(unit: Unit, funcs: ReadonlyMap<FuncId, PointEvents>, line: number): Found[] {
  const from = unit.lines[line];
  if (from === undefined) return [];
  const to = unit.lines[line + 1] ?? Infinity;
  return [...funcs]
    .flatMap(([func, points]) => placesIn(unit, func, points))
    .filter(({ start }) => start >= from && start < to)
    .sort((a, b) => a.start - b.start || b.end - a.end);
}

/** The places of one function at which something happens. */
export function placesIn(unit: Unit, func: FuncId, points: PointEvents | undefined): Found[] {
  const found: Found[] = [];
  const spans = unit.spans[func];
  for (const [point, events] of points ?? []) {
    const [start, end] = [spans?.[2 * point], spans?.[2 * point + 1]];
    // What `using` frees at the end of a function stands at the function as a whole: no place to point at.
    if (start === undefined || end === undefined || point === unit.funcs[func]?.at) continue;
    found.push({ func, point, start, end, events });
  }
  return found;
}

/** A place where the turn is given away is its keyword: what is awaited tells its own story. */
function holds(unit: Unit, { func, point, start, end, events }: Found, offset: number): boolean {
  const isSuspend = events.every(({ op }) => op === 'suspend');
  const width = isSuspend ? keywordWidth(unit.funcs[func]?.body ?? [], point) : end - start;
  return offset >= start && offset < Math.min(end, start + width);
}

/** The `return` of an async function gives the turn away unseen: there is no word to point at. */
function keywordWidth(body: readonly Stmt[], point: Point): number {
  const stmt = statementAt(body, point);
  if (stmt === undefined) return 'await'.length;
  return stmt.s === 'loop' ? 'for await'.length : 0;
}

function statementAt(body: readonly Stmt[], point: Point): Stmt | undefined {
  for (const stmt of body) {
    const found = stmt.at === point ? stmt : statementAt(innerOf(stmt), point);
    if (found !== undefined) return found;
  }
  return undefined;
}

function innerOf(stmt: Stmt): readonly Stmt[] {
  switch (stmt.s) {
    case 'if':
      return [...stmt.yes, ...stmt.no];
    case 'loop':
      return [...stmt.init, ...stmt.body];
    case 'try':
      return [...stmt.body, ...(stmt.rescue ?? []), ...(stmt.ensure ?? [])];
    case 'switch':
      return stmt.cases.flatMap(({ body }) => body);
    case 'block':
      return stmt.body;
    default:
      return [];
  }
}

/** The function written right behind `onmessage =`, or in the call that registers it. */
function isHandlerOf(unit: Unit, { start, end, events }: Found, func: Func): boolean {
  if (!events.some(({ op }) => op === 'receive')) return false;
  const at = unit.spans[func.id]?.[2 * func.at] ?? -1;
  return at >= start && at <= end + ' = '.length;
}

function innermost(unit: Unit, offset: number): Func | null {
  let best: Func | null = null;
  let width = Infinity;
  for (const func of Object.values(unit.funcs)) {
    const [start, end] = [unit.spans[func.id]?.[2 * func.at], unit.spans[func.id]?.[2 * func.at + 1]];
    if (func.parent === null) best ??= func;
    else if (start !== undefined && end !== undefined && start <= offset && offset < end) {
      // Outer functions come first: of two that end at the same place the later one is inside.
      if (end - start <= width) [best, width] = [func, end - start];
    }
  }
  return best;
}

function bodyStart(unit: Unit, func: Func): number {
  const first = func.body[0];
  return (first === undefined ? undefined : unit.spans[func.id]?.[2 * first.at]) ?? Infinity;
}
