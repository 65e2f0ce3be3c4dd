import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explore } from '../../server/src/explore/explore.ts';
import { sizeOf } from '../../server/src/explore/program.ts';
import { readProgram } from '../../server/src/explore/validate.ts';
import type { Execution, ExecutionEvent } from '../../server/src/explore/witness.ts';
import { witness } from '../../server/src/explore/witness.ts';
import { allAtomic } from './shapes.ts';

const folder = new URL('../../media/litmus/', import.meta.url);

describe('a witness', () => {
  it.each(readdirSync(folder))('of every outcome of %s satisfies the clauses', (file) => {
    const program = readProgram(readFileSync(new URL(file, folder), 'utf8'), 'litmus');
    for (const outcome of explore(program).outcomes.slice(0, 24)) {
      const execution = witness(program, outcome);
      expect(execution?.outcome).toEqual(outcome);
      expect(faults(execution!)).toEqual([]);
    }
  });

  it('does not exist for a forbidden outcome', () => {
    expect(witness(allAtomic('SB'), { r0: '0', r1: '0' })).toBeNull();
    expect(witness(allAtomic('SB'), { r0: '0', r1: '0' }, { model: 'es2017' })).toBeNull();
  });

  it('names every relation', () => {
    const execution = witness(allAtomic('MP'), { r0: '1', r1: '1' })!;
    const text = (id: number): string => `${execution.events[id]!.agent}: ${execution.events[id]!.text}`;
    expect(execution.events.map(({ id }) => text(id))).toEqual([
      'A: Atomics.store(x, 1)',
      'A: Atomics.store(y, 1)',
      'B: r0 = Atomics.load(y)',
      'B: r1 = Atomics.load(x)',
    ]);
    expect(execution.readsFrom).toEqual([
      { read: 2, write: 1, bytes: [0, 1, 2, 3] },
      { read: 3, write: 0, bytes: [0, 1, 2, 3] },
    ]);
    // The second pair follows from the first and agent order, yet both synchronize.
    expect(execution.synchronizesWith).toEqual([
      [1, 2],
      [0, 3],
    ]);
    expect(execution.happensBefore).toEqual([[1, 2]]);
    expect(execution.memoryOrder).toEqual([0, 1, 2, 3]);
  });
});

/** Holds the laid-open execution against the clauses again, from its own data. */
function faults(execution: Execution): string[] {
  const { events, readsFrom, synchronizesWith, happensBefore, memoryOrder } = execution;
  const found: string[] = [];
  const n = events.length;
  const hb = closure(n, [
    ...events.flatMap((first) =>
      events
        .filter((second) => first.agent === second.agent && first.id < second.id)
        .map((second) => [first.id, second.id] as const),
    ),
    ...happensBefore,
  ]);
  for (const [first, second] of synchronizesWith)
    if (!hb[first]![second]) found.push(`sw ${first} ${second} not in hb`);
  const rank = new Map(memoryOrder.map((event, index) => [event, index]));
  if (rank.size !== n) found.push('memory order is not total');
  for (let a = 0; a < n; a++) {
    if (hb[a]![a]) found.push(`hb cycle at ${a}`);
    for (let b = 0; b < n; b++)
      if (hb[a]![b] && rank.get(a)! > rank.get(b)!) found.push(`hb ${a} ${b} not in memory order`);
  }
  const writes = events.filter(({ kind }) => kind === 'write' || kind === 'rmw');
  for (const event of events) {
    if (event.kind !== 'read' && event.kind !== 'rmw') continue;
    const bytes = readsFrom.filter(({ read }) => read === event.id).flatMap((from) => from.bytes);
    if (bytes.length !== sizeOf(event.op.type)) found.push(`${event.id} does not read all its bytes`);
  }
  for (const { read, write, bytes } of readsFrom) {
    const reader = events[read]!;
    for (const byte of bytes) {
      const hidden = writes.filter(
        ({ id, op }) =>
          id !== read &&
          id !== write &&
          op.loc === reader.op.loc &&
          op.offset <= reader.op.offset + byte &&
          reader.op.offset + byte < op.offset + sizeOf(op.type) &&
          hb[id]![read] &&
          (write === null || hb[write]![id]),
      );
      if (hidden.length > 0) found.push(`${read} reads an overwritten byte`);
    }
    if (write === null) {
      if (reader.order === 'sc') {
        for (const v of writes) {
          if (v.id !== read && v.order === 'sc' && equal(v, reader) && rank.get(v.id)! < rank.get(read)!)
            found.push(`${v.id} before ${read}, which reads init`);
        }
      }
      continue;
    }
    const writer = events[write]!;
    if (hb[read]![write]) found.push(`${read} reads from its future`);
    const synchronizes = writer.order === 'sc' && reader.order === 'sc' && equal(writer, reader);
    for (const v of writes) {
      if (v.id === read || v.id === write || v.order !== 'sc') continue;
      if (rank.get(v.id)! < rank.get(write)! || rank.get(read)! < rank.get(v.id)!) continue;
      const one = synchronizes && equal(v, reader);
      const two = hb[write]![read] && hb[v.id]![read] && writer.order === 'sc' && equal(writer, v);
      const three = hb[write]![read] && hb[write]![v.id] && reader.order === 'sc' && equal(v, reader);
      if (one || two || three) found.push(`${v.id} lies between ${write} and ${read}`);
    }
  }
  return found;
}

function equal(a: ExecutionEvent, b: ExecutionEvent): boolean {
  return a.op.loc === b.op.loc && a.op.offset === b.op.offset && sizeOf(a.op.type) === sizeOf(b.op.type);
}

function closure(n: number, pairs: readonly (readonly [number, number])[]): boolean[][] {
  const matrix = Array.from({ length: n }, () => Array.from({ length: n }, () => false));
  for (const [a, b] of pairs) matrix[a]![b] = true;
  for (const [middle, through] of matrix.entries()) {
    for (const row of matrix) if (row[middle]) through.forEach((reached, b) => (row[b] ||= reached));
  }
  return matrix;
}
