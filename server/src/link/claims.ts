/**
 * Hand-written locks over Atomics, recognised by what they do: a compare-exchange that went through is a claim on its
 * cell, held until the same code writes the cell atomically again.
 */
import type { Bytes } from '../ir/program.ts';
import type { Point } from '../ir/unit.ts';
import type { Frame } from './heap.ts';
import type { Claim, Machine } from './machine.ts';
import type { How } from './memory.ts';

/** On the branch where compare-exchanges went through: their cells are held from here on. */
export function takeClaims(m: Machine, frame: Frame, events: readonly number[]): void {
  for (const event of events) {
    const claim = m.claims.get(event);
    if (claim !== undefined) take(m, frame, event, claim);
  }
}

function take(m: Machine, frame: Frame, event: number, claim: Claim): void {
  if (m.flow === null) return;
  const lock = cellLock(m, claim.region, claim.low, claim.place);
  if (m.flow.held.some((hold) => hold.lock === lock)) return;
  // Inside a loop the claim is tried again until it goes through; elsewhere a failed one goes another way.
  const tries = m.loops.length === m.outerLoops;
  const { at, region, place } = claim;
  const hold = { lock, at, name: place, shared: false, task: m.task, tries };
  m.emit(frame, at.n, 'acquire', { at, lock, region, mode: tries ? 'try' : 'exclusive', place }, `${event}`);
  m.flow = { ...m.flow, held: [...m.flow.held, hold] };
}

/** The lock that a cell of shared memory is. */
function cellLock(m: Machine, region: number, low: number, place: string): number {
  return m.lock(`cell ${region}:${low}`, () => ({
    name: place,
    kind: 'atomics',
    reentrant: false,
    summary: false,
    madeAt: m.regions[region]!.madeAt,
    cell: { region, low },
  }));
}

/** An atomic write to a cell that is held frees it. */
export function releaseCell(
  m: Machine,
  frame: Frame,
  at: Point,
  region: number,
  bytes: Bytes,
  how: How,
): void {
  if (!how.atomic || !bytes.exact || m.flow === null) return;
  const held = m.flow.held.find((hold) => {
    const lock = m.locks[hold.lock]!;
    return lock.kind === 'atomics' && hold.lock === cellLockIfAny(m, region, bytes.low);
  });
  if (held === undefined) return;
  m.emit(frame, at, 'release', { lock: held.lock, via: how.via }, 'cell');
  m.flow = { ...m.flow, held: m.flow.held.filter((hold) => hold !== held) };
}

export function holdsCell(m: Machine, region: number, low: number): boolean {
  const lock = cellLockIfAny(m, region, low);
  return lock !== null && (m.flow?.held.some((hold) => hold.lock === lock) ?? false);
}

function cellLockIfAny(m: Machine, region: number, low: number): number | null {
  return m.findLock(`cell ${region}:${low}`);
}
