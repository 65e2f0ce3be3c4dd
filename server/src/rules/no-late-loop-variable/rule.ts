/** A function that runs later looks at the variable, not at the value that it had when the function was made. */
import type { BindingId, FuncId, Loop, Mark, Stmt, Unit } from '../../ir/unit.ts';
import type { FileContext, ReceiverKind, Report, Rule } from '../rule.ts';
import { accessesOf, bodiesOf, makesFunction, visitStmts, type Access, type Accesses } from './accesses.ts';
import { fix } from './fix.ts';
import { rolesInFile } from './helpers.ts';
import { changeBefore, type Change, type LoopAt } from './intent.ts';
import type { Late } from './late.ts';
import { roundOf, type Course, type HandOver, type Need } from './round.ts';

export const rule: Rule = {
  meta: {
    id: 'no-late-loop-variable',
    title: 'Give a function that runs later a variable of its own round',
    category: 'loop-capture',
    severity: 'warning',
    lesson: '02-loop-capture',
    since: '0.1.0',
  },
  scope: 'file',
  check(cx) {
    const { unit } = cx;
    const accesses = accessesOf(unit);
    const roleInFile = rolesInFile(accesses);
    const found = Object.keys(unit.funcs).flatMap((func) =>
      // A function without functions in it makes none in its loops.
      accesses.inner(func).length === 0 ? [] : findIn(accesses, roleInFile, func),
    );
    for (const each of confirmed(cx, dedupe(found))) cx.report(reportOf(unit, each));
  },
  fix,
};

/** One function made in a loop, one variable that it reads too late. */
interface Found {
  readonly loop: LoopAt;
  readonly given: HandOver;
  readonly id: BindingId;
  readonly change: Change;
  /** The function written in the loop in which the variable is read. */
  readonly func: FuncId;
  readonly reads: readonly Access[];
}

function findIn(accesses: Accesses, roleInFile: Course['roleInFile'], func: FuncId): Found[] {
  const found: Found[] = [];
  // Inner loops first: the innermost loop that changes the variable is the one to speak of.
  for (const { loop, inside } of loopsIn(accesses.unit.funcs[func]!.body)) {
    if (isOnce(loop) || !hasFunctions(loop)) continue;
    const { bindings } = accesses.unit;
    const own = (id: BindingId) => {
      const binding = bindings[id];
      if (binding === undefined) return false;
      if (binding.func !== func) return accesses.isWithin(binding.func, func);
      return binding.loop !== null && inside.has(binding.loop);
    };
    const round = roundOf({ accesses, func, loop, own, parameter: null, roleInFile });
    const at: LoopAt = { accesses, func, loop, round, inside };
    for (const given of round.handOvers) found.push(...lateReads(at, given));
  }
  return found;
}

function lateReads(loop: LoopAt, given: HandOver): Found[] {
  const groups = new Map<string, { id: BindingId; func: FuncId; reads: Access[] }>();
  for (const read of given.reads) {
    const func = writtenIn(loop, read.at.func);
    const key = `${func} ${read.id}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { id: read.id, func, reads: [read] });
    else group.reads.push(read);
  }
  return [...groups.values()].flatMap(({ id, func, reads }) => {
    const change = changeBefore(loop, given, id, reads);
    return change === null ? [] : [{ loop, given, id, change, func, reads }];
  });
}

/** The outermost function around this one that the round makes. */
function writtenIn({ accesses, func, round }: LoopAt, inner: FuncId): FuncId {
  let made = inner;
  for (
    let at: FuncId | null = inner;
    at !== null && at !== func;
    at = accesses.unit.funcs[at]?.parent ?? null
  ) {
    if (!round.inlined.has(at)) made = at;
  }
  return made;
}

function dedupe(found: readonly Found[]): Found[] {
  const seen = new Set<string>();
  return found.filter(({ id, func }) => {
    const key = `${func} ${id}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Asks the checker about receivers that syntax cannot decide, all in one go and only for what would be reported. */
function confirmed(cx: FileContext, found: readonly Found[]): readonly Found[] {
  const asked = [...new Set(found.flatMap(({ given }) => given.needs))].filter(
    (need) => need.receiver !== null,
  );
  if (asked.length === 0)
    return found.filter(({ given }) => given.needs.every((need) => isMet(need, 'unknown')));
  const kinds = cx.kindsOf(asked.map((need) => need.receiver!));
  const kindOf = new Map(asked.map((need, index) => [need, kinds[index]]));
  return found.filter(({ given }) => given.needs.every((need) => isMet(need, kindOf.get(need) ?? 'unknown')));
}

function isMet(need: Need, kind: ReceiverKind): boolean {
  return need.kinds.includes(kind);
}

/** Loops of a function, inner before outer, each with the loops in it (their points, its own included). */
function loopsIn(body: readonly Stmt[]): { loop: Loop; inside: ReadonlySet<number> }[] {
  return body.flatMap((stmt) => {
    const loops = bodiesOf(stmt).flatMap(loopsIn);
    if (stmt.s !== 'loop') return loops;
    const inside = new Set([stmt.at, ...loops.map(({ loop }) => loop.at)]);
    return [...loops, { loop: stmt, inside }];
  });
}

function hasFunctions(loop: Loop): boolean {
  let found = false;
  visitStmts(
    [loop],
    (expr) => (found ||= makesFunction(expr)),
    () => undefined,
  );
  return found;
}

/** `do { … } while (false)`. */
function isOnce({ test }: Loop): boolean {
  return test?.e === 'const' && !test.value;
}

function reportOf(unit: Unit, found: Found): Report {
  const { loop, given, id, change, func, reads } = found;
  const { name, kind } = unit.bindings[id]!;
  const { file } = unit;
  const uses = [...reads].sort((a, b) => startOf(unit, a.at) - startOf(unit, b.at)).map((read) => read.at);
  const [first] = uses;
  const made: Mark = { file, func, n: unit.funcs[func]!.at };
  const head: Mark = { file, func: loop.func, n: loop.loop.at };
  const { message, changes } = wordsFor(name, kind, loop.loop, given, change);
  const late: Late = { id, kind: change.kind, func, loop: head, made, change: change.write.at, uses };
  return {
    at: first!,
    message,
    related: [
      { at: change.write.at, message: changes },
      { at: given.at, message: given.kept ? `kept here for later` : `handed over here, runs later` },
      ...uses.slice(1).map((at) => ({ at, message: `\`${name}\` is read too late here as well` })),
    ],
    confidence: given.certain ? 'proved' : 'likely',
    schedule: [
      {
        agent: 'main',
        at: made,
        does: `make ${nameOf(given)}: it keeps the variable \`${name}\`, not its value`,
      },
      { agent: 'main', at: change.write.at, does: `change \`${name}\`` },
      ...(change.kind === 'same-round'
        ? []
        : [{ agent: 'main', at: head, does: `end the loop: \`${name}\` has its last value` }]),
      { agent: 'main', at: first!, does: `run ${nameOf(given)}: it reads \`${name}\`, as it is now` },
    ],
    data: late,
  };
}

function wordsFor(
  name: string,
  kind: string,
  loop: Loop,
  given: HandOver,
  change: Change,
): { message: string; changes: string } {
  const when = `${nameOf(given)} runs`;
  const isVar = kind === 'var';
  switch (change.kind) {
    case 'head': {
      const mend = isVar && loop.declares === 'var' ? 'declare it with `let` in the loop head' : COPY;
      return {
        message: `\`${name}\` will have its last value when ${when}: ${mend}`,
        changes: `each round changes \`${name}\` here; all rounds share one variable`,
      };
    }
    case 'temporary': {
      const mend = isVar && change.write.declares ? 'declare it with `const` in the loop body' : COPY;
      return {
        message: `\`${name}\` will have its last value when ${when}: ${mend}`,
        changes: `each round sets \`${name}\` anew here; all rounds share one variable`,
      };
    }
    case 'cursor':
      return {
        message: `\`${name}\` will have its last value when ${when}: ${COPY}`,
        changes: `each round moves \`${name}\` on here; all rounds share one variable`,
      };
    case 'same-round':
      return {
        message: `\`${name}\` is changed before ${when}: ${COPY}`,
        changes: `\`${name}\` is changed here, in the same round`,
      };
  }
}

/** `this timer callback`, `the function in \`list\``, `\`onReady\``. */
function nameOf({ what, kept }: HandOver): string {
  if (what.startsWith('`')) return what;
  return kept ? `the ${what}` : `this ${what}`;
}

const COPY = 'copy it to a `const` first';

function startOf(unit: Unit, at: Mark): number {
  return unit.spans[at.func]![at.n * 2]!;
}
