/**
 * Whether what a late function reads is changed before it runs, against what its author meant.
 * Silent where the last value is the point: flags, counters that callbacks change, tokens that tell an old round from a new one.
 */
import type { BindingId, Expr, FuncId, Loop } from '../../ir/unit.ts';
import { patternVars, varsIn, type Access, type Accesses } from './accesses.ts';
import type { HandOver, Moment, Round, Write } from './round.ts';

export interface LoopAt {
  readonly accesses: Accesses;
  readonly func: FuncId;
  readonly loop: Loop;
  readonly round: Round;
  /** Loops in `loop`, itself included: what they declare is fresh in each round. */
  readonly inside: ReadonlySet<number>;
}

/**
 * `head`: the head changes it in each round. `temporary`: each round sets it anew before it uses it.
 * `cursor`: the body moves it on. `same-round`: a `let` of the head that the body changes after the function was made.
 */
export type ChangeKind = 'head' | 'temporary' | 'cursor' | 'same-round';

export interface Change {
  readonly kind: ChangeKind;
  readonly write: Write;
}

/** The change that makes the read too late, or null where there is none or it is meant. */
export function changeBefore(
  at: LoopAt,
  given: HandOver,
  id: BindingId,
  reads: readonly Access[],
): Change | null {
  const binding = at.accesses.unit.bindings[id];
  if (binding === undefined || !/^(?:var|let|param)$/.test(binding.kind) || given.awaited) return null;
  const isFresh = binding.func === at.func && binding.loop !== null && at.inside.has(binding.loop);
  if (binding.func !== at.func && at.round.inlined.has(binding.func)) return null;
  const isOfHead = isFresh && isDeclaredInHead(at.loop, id);
  if (isFresh && !isOfHead) return null;
  const writes = at.round.writes.filter((write) => write.id === id && isChange(at, write));
  const change = isOfHead
    ? laterInRound(at, given, writes)
    : acrossRounds(at, given, id, writes, binding.func);
  if (change === null || isShared(at, id) || isOver(at, given, id)) return null;
  return isAsked(at, id, reads, change) ? null : change;
}

function laterInRound(at: LoopAt, given: HandOver, writes: readonly Write[]): Change | null {
  const write = writes.find(
    (each) => !each.head && each.order > given.made.order && mayFollow(at.round, each.path, given.made.path),
  );
  return write === undefined || leaves(at.round, given) ? null : { kind: 'same-round', write };
}

/** `for (let i = 0; …`: each round has a copy, and the body may change it. */
function isDeclaredInHead(loop: Loop, id: BindingId): boolean {
  return (
    loop.declares === 'let' &&
    loop.init.some((stmt) => stmt.s === 'let' && patternVars(stmt.target).some((each) => each.id === id))
  );
}

function acrossRounds(
  at: LoopAt,
  given: HandOver,
  id: BindingId,
  writes: readonly Write[],
  owner: FuncId,
): Change | null {
  const lasting = writes.filter((write) => !leaves(at.round, write));
  const [first] = lasting;
  if (first === undefined || leaves(at.round, given)) return null;
  if (lasting.every((write) => write.value?.e === 'const' && write.op === '=')) return null;
  const inHead = lasting.find((write) => write.head);
  if (inHead !== undefined && (inHead.value !== null || at.loop.each !== null)) {
    const isTemporary = at.loop.each === null && at.loop.kind !== 'for';
    return { kind: isTemporary ? 'temporary' : 'head', write: inHead };
  }
  // What belongs to somebody else outlives the loop: its latest value is its meaning.
  if (owner !== at.func) return null;
  const setting = lasting.find((write) => isBefore(write, given.made) && write.op === '=');
  if (setting !== undefined && isTemporary(at.round, id)) return { kind: 'temporary', write: setting };
  const moving = lasting.find((write) => write.path.length === 0 && isStep(at, write, id));
  return moving === undefined ? null : { kind: 'cursor', write: moving };
}

/** A write that brings another value than the round before had. */
function isChange(at: LoopAt, write: Write): boolean {
  if (write.op === '??' || write.op === '||') return false;
  if (write.op !== '=' || write.value === null) return true;
  if (isSteady(at, write.value) && write.value.e !== 'const') return false;
  return !write.path.some((id) => {
    const { test, arm } = at.round.branches.get(id)!;
    return test !== null && (asksForNone(test, arm, write.id) || (arm && asksForOne(at, test)));
  });
}

/** `if (key === 'length')`, `case 3:` of the variable of the head: one round at most goes there. */
function asksForOne(at: LoopAt, test: Expr): boolean {
  if (test.e === 'logic' && test.op === '&&') return asksForOne(at, test.left) || asksForOne(at, test.right);
  if (test.e !== 'op' || (test.op !== '===' && test.op !== '==')) return false;
  const [left, right] = test.args;
  const isHead = (part: Expr | undefined) =>
    part?.e === 'var' && at.round.writes.some((write) => write.head && write.id === part.id);
  return (isHead(left) && right?.e === 'const') || (isHead(right) && left?.e === 'const');
}

/** The same value in every round. */
function isSteady(at: LoopAt, value: Expr): boolean {
  switch (value.e) {
    case 'const':
    case 'this':
    case 'global':
    case 'meta':
    case 'import':
      return true;
    case 'var':
      return isSteadyVariable(at, value.id);
    case 'member':
      return isSteady(at, value.of) && value.key.e === 'const' && typeof value.key.value === 'string';
    case 'func':
      return at.accesses.within(value.id).every(({ id }) => isSteadyVariable(at, id));
    case 'op':
      return value.args.every((arg) => isSteady(at, arg));
    case 'call':
      return value.callee.e === 'global' && value.callee.name === 'require';
    default:
      return false;
  }
}

function isSteadyVariable(at: LoopAt, id: BindingId): boolean {
  const binding = at.accesses.unit.bindings[id];
  if (binding === undefined || at.round.writes.some((write) => write.id === id && write.value?.e !== 'this'))
    return binding?.func !== at.func && binding !== undefined && at.accesses.isWithin(binding.func, at.func);
  return true;
}

/** `if (!x) x = …`, `x == null`, the other arm of `if (x)`: it is set once. */
function asksForNone(test: Expr, arm: boolean, id: BindingId): boolean {
  if (test.e === 'var') return test.id === id && !arm;
  if (test.e === 'logic') return [test.left, test.right].some((part) => asksForNone(part, arm, id));
  if (test.e !== 'op' || !arm) return false;
  const [left, right] = test.args;
  if (test.op === '!') return left?.e === 'var' && left.id === id;
  if (test.op !== '===' && test.op !== '==') return false;
  const names = (part: Expr | undefined) => part !== undefined && varsIn(part).includes(id);
  const isNone = (part: Expr | undefined) =>
    part?.e === 'const' && (part.value === null || part.value === undefined || part.value === 'undefined');
  return (names(left) && isNone(right)) || (names(right) && isNone(left));
}

/** Each round sets it before it looks at it: what the round before left there is of no interest. */
function isTemporary(round: Round, id: BindingId): boolean {
  const writes = round.writes.filter((write) => write.id === id && write.op === '=');
  return round.reads
    .filter((read) => read.id === id)
    .every((read) => writes.some((write) => isBefore(write, read)));
}

/** `x++`, `x += 2`, `x = x.next`: each round moves on by one. */
function isStep(at: LoopAt, { op, value }: Write, id: BindingId): boolean {
  if ((op === '+' || op === '-') && value?.e === 'const') return typeof value.value === 'number';
  if (op !== '=' || value?.e !== 'member') return false;
  return (
    value.of.e === 'var' && value.of.id === id && at.loop.test !== null && varsIn(at.loop.test).includes(id)
  );
}

/** Callbacks change it, too: rounds and callbacks talk to one another through it. */
function isShared(at: LoopAt, id: BindingId): boolean {
  if (at.round.lateWrites.has(id)) return true;
  const { accesses, round } = at;
  const owner = accesses.unit.bindings[id]!.func;
  return accesses.within(owner).some(
    (access) =>
      access.write &&
      access.id === id &&
      access.at.func !== at.func &&
      !round.inlined.has(access.at.func) &&
      // What is written where it is declared, above the loop, is over by then.
      access.at.func !== owner,
  );
}

/** The round waits for it, calls it, undoes it or looks after it before the variable changes. */
function isOver(at: LoopAt, given: HandOver, id: BindingId): boolean {
  const { round } = at;
  const changed = round.writes.filter((write) => write.id === id && !write.head && write.order > given.order);
  const settles = (mention: { readonly ids: readonly BindingId[] } & Moment) =>
    mention.order > given.order &&
    isPrefix(mention.path, given.path) &&
    mention.ids.some((each) => given.held.includes(each)) &&
    !changed.some((write) => write.order < mention.order);
  if (round.awaits.some(settles) || round.undone.some(settles)) return true;
  if (!given.kept) return false;
  if (given.keptAs !== null && round.called.has(given.keptAs)) return true;
  // Kept functions that the loop takes out again are called by the loop, not after it.
  return round.reads.some((read) => !read.asReceiver && read.id === given.keptIn);
}

/** The late function itself asks how far the rounds have come: it wants the newest value. */
function isAsked(at: LoopAt, id: BindingId, reads: readonly Access[], change: Change): boolean {
  const { bindings } = at.accesses.unit;
  const isCounted = (other: Expr) =>
    varsIn(other).some((each) => {
      const binding = bindings[each];
      return (
        binding !== undefined &&
        (binding.kind === 'param' || binding.loop !== null || isShared(at, each) || binding.func !== at.func)
      );
    }) || other.e === 'assign';
  if (change.kind === 'head' && at.loop.kind === 'for') return false;
  return reads.some((read) => read.id === id && read.comparedWith !== null && isCounted(read.comparedWith));
}

/** After this moment the loop is left, whatever else happens. */
function leaves(round: Round, moment: Moment): boolean {
  const next = round.ends.find((end) => end.order > moment.order && isPrefix(end.path, moment.path));
  return next?.leaves === true;
}

function isBefore(earlier: Moment, later: Moment): boolean {
  return earlier.order < later.order && isPrefix(earlier.path, later.path);
}

function isPrefix(path: readonly number[], of: readonly number[]): boolean {
  return path.length <= of.length && path.every((id, index) => of[index] === id);
}

/** Not in another arm of the same branch. */
function mayFollow({ branches }: Round, later: readonly number[], earlier: readonly number[]): boolean {
  const part = later.findIndex((id, index) => earlier[index] !== id);
  const [a, b] = [later[part], earlier[part]];
  if (a === undefined || b === undefined) return true;
  return branches.get(a)?.group !== branches.get(b)?.group;
}
