/** The detector on traces: by hand (traces/*.trace), and against a second method that knows nothing of clocks. */
import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { replay } from '../../server/src/race/trace.ts';

const TRACES = new URL('./traces/', import.meta.url);

describe('traces', () => {
  test.each(readdirSync(TRACES))('%s', (name) => {
    const text = readFileSync(new URL(name, TRACES), 'utf8');
    // `#! n`: this line races with line n.
    const expected = text.split('\n').flatMap((line, index) => {
      const before = /#! (\d+)/.exec(line)?.[1];
      return before === undefined ? [] : [{ line: index + 1, before: Number(before) }];
    });
    expect(replay(text)).toEqual(expected);
  });
  test('a line that is no event is told', () => {
    expect(() => replay('main frob x 0 4')).toThrow('line 1: frob is no event of a trace');
    expect(() => replay('\nT7 read x 0 4')).toThrow('line 2: no thread T7 has been started');
  });
});

interface Event {
  readonly thread: number;
  readonly op: 'read' | 'write' | 'load' | 'store' | 'rmw' | 'section' | 'send' | 'receive';
  readonly byte: number;
  readonly size: number;
}

/**
 * The first line that races with an earlier one, by reachability in the graph of happens-before (ECMA-262,
 * happens-before, synchronizes-with), drawn event by event; 0 if there is none.
 */
function firstRace(events: readonly Event[]): number {
  const after: Set<number>[] = [];
  const lastOf = new Map<number, number>();
  /** For each range that atomic writes were made to, the last one, while nothing else has written there. */
  const released = new Map<string, number>();
  const sections = new Map<number, number>();
  let sent = -1;
  for (const [index, { thread, op, byte, size }] of events.entries()) {
    const before = new Set<number>();
    const add = (other: number | undefined) => {
      if (other === undefined || other < 0) return;
      before.add(other);
      for (const one of after[other]!) before.add(one);
    };
    add(lastOf.get(thread));
    const range = `${byte} ${size}`;
    if (op === 'load' || op === 'rmw') add(released.get(range));
    if (op === 'section') add(sections.get(byte));
    if (op === 'receive') add(sent);
    after.push(before);
    for (let other = 0; other < index; other++)
      if (!before.has(other) && conflicts(events[index]!, events[other]!)) return index + 1;
    if (op === 'write' || op === 'store' || op === 'rmw') {
      for (const known of released.keys()) {
        const [from, bytes] = known.split(' ').map(Number) as [number, number];
        if (from < byte + size && byte < from + bytes) released.delete(known);
      }
      if (op !== 'write') released.set(range, index);
    }
    if (op === 'section') sections.set(byte, index);
    if (op === 'send') sent = index;
    lastOf.set(thread, index);
  }
  return 0;
}

const DATA = new Set(['read', 'write', 'load', 'store', 'rmw']);
const WRITES = new Set(['write', 'store', 'rmw']);
const ATOMIC = new Set(['load', 'store', 'rmw']);

function conflicts(one: Event, other: Event): boolean {
  if (!DATA.has(one.op) || !DATA.has(other.op) || one.thread === other.thread) return false;
  if (one.byte >= other.byte + other.size || other.byte >= one.byte + one.size) return false;
  if (!WRITES.has(one.op) && !WRITES.has(other.op)) return false;
  return !(ATOMIC.has(one.op) && ATOMIC.has(other.op) && one.byte === other.byte && one.size === other.size);
}

const THREADS = 3;

function traceOf(events: readonly Event[]): string {
  const lines = events.map(({ thread, op, byte, size }) => {
    const name = thread === 0 ? 'main' : `T${thread}`;
    return op === 'send' || op === 'receive' ? `${name} ${op} m` : `${name} ${op} x ${byte} ${size}`;
  });
  const spawns = Array.from({ length: THREADS - 1 }, (_, index) => `main spawn T${index + 1}`);
  return ['main send m', ...spawns, ...lines].join('\n');
}

test('the first race of any trace is the first race by reachability', () => {
  const event: fc.Arbitrary<Event> = fc
    .record({
      thread: fc.nat(THREADS - 1),
      op: fc.constantFrom(
        'read',
        'write',
        'load',
        'store',
        'rmw',
        'load',
        'store',
        'rmw',
        'section',
        'send',
        'receive',
      ),
      size: fc.constantFrom(4, 4, 4, 1, 2, 8),
      index: fc.nat(3),
    })
    .map(({ thread, op, size, index }) => ({
      thread,
      op,
      size: op === 'section' ? 4 : size,
      byte: (index * size) % 16,
    }));
  fc.assert(
    fc.property(fc.array(event, { minLength: 2, maxLength: 24 }), (events) => {
      const lines = replay(traceOf(events)).map(({ line }) => line - THREADS);
      expect(lines[0] ?? 0).toBe(firstRace(events));
    }),
    { numRuns: 3000 },
  );
});
