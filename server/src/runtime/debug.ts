/**
 * Debug mode of the locks: who took what, where, in which order.
 *
 * Each lock made with `{ debug: true }` carries a block that its holders write: the place at which it was taken, and
 * for the last eight orders "this lock was taken while that one was held" both places. An agent that wants lock B
 * while it holds A looks into A's block: if A has ever been taken while B was held, by any agent, the two orders
 * together can deadlock, and the report names both (Havender 1968: a fixed order prevents the cycle).
 *
 * Memory of the block, in bytes: 0 lock id · 4 spin lock of this block · 8 number of orders seen · 12 unused ·
 * 16 name (60 code units) · 136 place (128) · from 392 eight orders of 520: id of the lock held before · agent ·
 * place of that one (128) · place of this one (128). A text is its length in code units, then the units, two bytes each.
 *
 * Limit: sees cycles of two locks; sees the order of synchronous code only, as nobody can tell which locks an async
 * task holds. Costs a stack trace per acquisition.
 */
import type { LockRecorder } from './shared.ts';
import { agentId, DEBUG_BYTES, installDebug, SyncError } from './shared.ts';

/** An inversion of lock order, as {@link onLockOrder} hands it over. */
export interface LockOrderReport {
  readonly message: string;
  /** This agent: holds `held`, taken at `heldAt`, and wants `wanted` at `wantedAt`. */
  readonly held: string;
  readonly heldAt: string;
  readonly wanted: string;
  readonly wantedAt: string;
  /** The opposite order, seen before: `wanted` was taken at `otherHeldAt`, then `held` at `otherWantedAt`. */
  readonly otherAgent: number;
  readonly otherHeldAt: string;
  readonly otherWantedAt: string;
}

/** Takes the reports of this agent from now on. Without a listener, an inversion throws before the lock is waited for. */
export function onLockOrder(listener: ((report: LockOrderReport) => void) | undefined): void {
  report = listener ?? throwReport;
}

const ORDERS = 8;
const ORDER_BYTES = 520;
const NAME = 16;
const PLACE = 136;
const FIRST_ORDER = 392;
const TEXT_UNITS = 128;
const NAME_UNITS = 60;

let report: (report: LockOrderReport) => void = throwReport;

function throwReport({ message }: LockOrderReport): void {
  throw new SyncError('lock-order', message);
}

/** The locks that synchronous code of this agent holds, in the order of taking. */
let heldHere: readonly { readonly lock: Recorder; readonly place: string }[] = [];

class Recorder implements LockRecorder {
  private readonly block: Int32Array;
  private readonly units: Uint16Array;
  private readonly type: string;
  constructor(block: Int32Array, type: string) {
    this.block = block;
    this.units = new Uint16Array(block.buffer, block.byteOffset, DEBUG_BYTES / 2);
    this.type = type;
  }

  here(): string {
    return callerOf(new Error().stack ?? '');
  }

  wanted(place: string): void {
    for (const { lock: held, place: heldAt } of heldHere) {
      const order = held.id === this.id ? undefined : held.orderAfter(this.id);
      if (order === undefined) continue;
      report({
        message:
          `Lock order inverted: ${this.name} is wanted at ${place} while ${held.name} is held, taken at ${heldAt}; ` +
          `agent ${order.agent} has taken ${this.name} at ${order.heldAt} and then ${held.name} at ${order.wantedAt}; ` +
          `take the two in one order everywhere`,
        held: held.name,
        heldAt,
        wanted: this.name,
        wantedAt: place,
        otherAgent: order.agent,
        otherHeldAt: order.heldAt,
        otherWantedAt: order.wantedAt,
      });
    }
  }

  acquired(place: string): void {
    this.exclusively(() => {
      this.write(PLACE, TEXT_UNITS, place);
      for (const { lock, place: heldAt } of heldHere) this.remember(lock.id, heldAt, place);
    });
    heldHere = [...heldHere, { lock: this, place }];
  }

  acquiredByTask(place: string): void {
    this.exclusively(() => this.write(PLACE, TEXT_UNITS, place));
  }

  released(): void {
    const last = heldHere.findLastIndex(({ lock }) => lock.id === this.id);
    if (last >= 0) heldHere = heldHere.toSpliced(last, 1);
  }

  heldAt(): string {
    return this.exclusively(() => this.read(PLACE));
  }

  get id(): number {
    return this.block[0]!;
  }

  get name(): string {
    return this.read(NAME) || `${this.type} ${this.id.toString(36)}`;
  }

  setName(name: string): void {
    this.write(NAME, NAME_UNITS, name.slice(0, NAME_UNITS - 1));
  }

  /** How this lock was once taken while the lock `id` was held. */
  private orderAfter(id: number): { agent: number; heldAt: string; wantedAt: string } | undefined {
    return this.exclusively(() => {
      for (let at = FIRST_ORDER; at < FIRST_ORDER + ORDERS * ORDER_BYTES; at += ORDER_BYTES)
        if (this.block[at >> 2] === id)
          return {
            agent: this.block[(at >> 2) + 1]!,
            heldAt: this.read(at + 8),
            wantedAt: this.read(at + 264),
          };
      return undefined;
    });
  }

  private remember(id: number, heldAt: string, place: string): void {
    for (let at = FIRST_ORDER; at < FIRST_ORDER + ORDERS * ORDER_BYTES; at += ORDER_BYTES)
      if (this.block[at >> 2] === id) return;
    const at = FIRST_ORDER + (this.block[2]!++ % ORDERS) * ORDER_BYTES;
    this.block[at >> 2] = id;
    this.block[(at >> 2) + 1] = agentId;
    this.write(at + 8, TEXT_UNITS, heldAt);
    this.write(at + 264, TEXT_UNITS, place);
  }

  /** The block's own spin lock: readers of an RWMutex hold the lock together, and write here all the same. */
  private exclusively<T>(body: () => T): T {
    while (Atomics.compareExchange(this.block, 1, 0, 1) !== 0);
    try {
      return body();
    } finally {
      Atomics.store(this.block, 1, 0);
    }
  }

  /** Keeps the end of a text that is too long: of a place, the end has the line. */
  private write(at: number, units: number, text: string): void {
    const kept = text.slice(-(units - 1));
    this.units[at >> 1] = kept.length;
    for (let index = 0; index < kept.length; index++)
      this.units[(at >> 1) + 1 + index] = kept.charCodeAt(index);
  }

  private read(at: number): string {
    const length = this.units[at >> 1]!;
    return String.fromCharCode(...this.units.subarray((at >> 1) + 1, (at >> 1) + 1 + length));
  }
}

/** The first frame that is none of the library's: V8 writes `at Mutex.lock (file:1:2)`, others `lock@file:1:2`. */
function callerOf(stack: string): string {
  const frames = stack.split('\n').filter((line) => /:\d+\)?$/.test(line.trim()));
  const own = /^\s*at (?:async )?(?:new )?_*(?:Recorder|Mutex|RWMutex|Condition)\d*\b/;
  const named = frames.some((line) => own.test(line));
  const caller = named ? frames.find((line) => !own.test(line)) : frames[3];
  return (
    /(?:\(|at |@)?([^(@]*:\d+:\d+)\)?$/.exec((caller ?? '').trim())?.[1]?.replace(/^at /, '') ??
    'an unknown place'
  );
}

installDebug({
  prepare(block, name) {
    block[0] = Math.floor(Math.random() * 0x7fff_fffe) + 1;
    if (name !== undefined) new Recorder(block, '').setName(name);
  },
  attach: (block, type) => new Recorder(block, type),
});
