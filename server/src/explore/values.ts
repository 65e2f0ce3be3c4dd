import { compare } from './compare.ts';
import { decode, encode, modify, plus } from './numbers.ts';
import type { Constraint, Operand } from './paths.ts';
import type { Scalar } from './program.ts';
import type { ByteClass, Skeleton } from './skeleton.ts';
import type { Source } from './sources.ts';

/**
 * Clause "Valid Chosen Reads": the values that follow from the choices made so far, and whether the branches taken agree
 * with them. Values flow from writes to reads to writes; what lies on a cycle never becomes known.
 */
export class Values {
  /** Per write: its bytes once they are known. */
  readonly bytes: (Uint8Array | null)[];
  /** Per event with a result (reads, notify): the result once it is known. */
  readonly results: (Scalar | undefined)[];
  readonly #s: Skeleton;
  /** Reads that are chosen but whose value is not known, with their sources. */
  readonly #open = new Map<number, Source>();
  /** What to take back, newest last: event * 4 + what it was. */
  readonly #trail: number[] = [];
  readonly #trailSources: Source[] = [];

  constructor(s: Skeleton) {
    this.#s = s;
    this.bytes = [...s.constant];
    this.results = Array.from({ length: s.n });
  }

  hasOpen(): boolean {
    return this.#open.size > 0;
  }

  /** True if the bytes of every write that covers the groups are known. */
  allKnown(groups: readonly ByteClass[]): boolean {
    return groups.every((group) => group.covers.every((write) => this.bytes[write] !== null));
  }

  mark(): number {
    return this.#trail.length;
  }

  undo(mark: number): void {
    while (this.#trail.length > mark) {
      const entry = this.#trail.pop()!;
      const event = entry >> 2;
      switch (entry & 3) {
        case RESULT:
          this.results[event] = undefined;
          break;
        case BYTES:
          this.bytes[event] = null;
          break;
        case OPENED:
          this.#open.delete(event);
          break;
        case CLOSED:
          this.#open.set(event, this.#trailSources.pop()!);
          break;
      }
    }
  }

  /** Records where a read takes its bytes. False if a branch on the way would not have been taken. */
  choose(read: number, source: Source): boolean {
    const value = source.value ?? this.#valueOf(read, source);
    if (value !== null) return this.set(read, value);
    this.#open.set(read, source);
    this.#trail.push((read << 2) | OPENED);
    return true;
  }

  /** Records the result of an event and all that follows from it. False if a branch disagrees. */
  set(event: number, value: Scalar): boolean {
    this.results[event] = value;
    this.#trail.push((event << 2) | RESULT);
    for (const constraint of this.#s.constraintsOf[event]!)
      if (this.#holds(constraint) === false) return false;
    let changed = false;
    for (const write of this.#s.dependents[event]!) {
      if (this.bytes[write] !== null) continue;
      const bytes = this.#payload(write);
      if (bytes === null) continue;
      this.bytes[write] = bytes;
      this.#trail.push((write << 2) | BYTES);
      changed = true;
    }
    return !changed || this.#reopen();
  }

  /** True if the value by itself contradicts no branch, whatever the other events give. */
  admits(event: number, value: Scalar): boolean {
    if (this.#s.constraintsOf[event]!.length === 0) return true;
    const alone = new Values(this.#s);
    alone.results[event] = value;
    return this.#s.constraintsOf[event]!.every((constraint) => alone.#holds(constraint) !== false);
  }

  /** Undefined while it is not known. */
  operand(operand: Operand): Scalar | string | undefined {
    if (operand.k === 'const') return operand.value;
    const result = this.results[operand.event];
    return result === undefined || operand.add === null ? result : plus(result, operand.add);
  }

  #reopen(): boolean {
    for (const [read, source] of [...this.#open]) {
      // An earlier round of this very loop may have closed it.
      if (!this.#open.has(read)) continue;
      const value = this.#valueOf(read, source);
      if (value === null) continue;
      this.#open.delete(read);
      this.#trailSources.push(source);
      this.#trail.push((read << 2) | CLOSED);
      if (!this.set(read, value)) return false;
    }
    return true;
  }

  #valueOf(read: number, source: Source): Scalar | null {
    const s = this.#s;
    const bytes: number[] = [];
    for (let byte = 0; byte < source.tokens.length; byte++) {
      const token = source.tokens[byte]!;
      if (token < 256) {
        bytes.push(token);
        continue;
      }
      const writer = token - 256;
      const known = this.bytes[writer] ?? null;
      if (known === null) return null;
      bytes.push(known[s.low[read]! + byte - s.low[writer]!]!);
    }
    return decode(s.events[read]!.op.type, bytes);
  }

  #payload(write: number): Uint8Array | null {
    const { payload, op } = this.#s.events[write]!;
    const operand = this.operand(payload!.value);
    if (operand === undefined || typeof operand === 'string') return null;
    if (payload!.k === 'set') return encode(op.type, operand);
    const old = payload!.op === 'xchg' ? 0 : this.results[write];
    return old === undefined ? null : modify(op.type, payload!.op, old, operand);
  }

  /** Undefined while some value is not known. */
  #holds(constraint: Constraint): boolean | undefined {
    if (constraint.k === 'compare') {
      const lhs = this.operand(constraint.lhs);
      const rhs = this.operand(constraint.rhs);
      if (lhs === undefined || rhs === undefined) return undefined;
      return compare(lhs, constraint.cmp, rhs) === constraint.holds;
    }
    const read = this.results[constraint.event];
    const expected = this.operand(constraint.expected);
    if (read === undefined || expected === undefined || typeof expected === 'string') return undefined;
    // Integers only: equal bytes and equal values are the same thing.
    const same = decode(constraint.type, encode(constraint.type, expected)) === read;
    return same === constraint.holds;
  }
}

const RESULT = 0;
const BYTES = 1;
const OPENED = 2;
const CLOSED = 3;
