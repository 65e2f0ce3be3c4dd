/**
 * Channel: values from any number of senders to any number of receivers, each to exactly one, in order.
 *
 * All state is changed under a lock inside the channel, for a few instructions at a time. With room for `capacity`
 * values, `count` of them are waiting. Without room (capacity 0) a value goes from hand to hand:
 *
 * | hand-off | means                                                | who changes it                       |
 * |----------|------------------------------------------------------|--------------------------------------|
 * | 0        | nothing on offer                                     | send → 1; trySend, if a receiver waits → 3 |
 * | 1        | offered; its sender waits                            | receive → 2; close → 4; sender gives up → 0 |
 * | 2        | taken; its sender does not know yet                  | sender → 0                           |
 * | 3        | promised to a receiver that waits; the sender is gone | receive → 0                         |
 * | 4        | closed before it was taken                           | sender → 0, and it throws            |
 *
 * Memory, in 32-bit words: 0 tag · 1 lock (0 free, 1 held, 2 held and wanted) · 2 capacity · 3 kind (-1: records) ·
 * 4 bytes of a slot · 5 first slot in use · 6 count · 7 closed · 8 receivers waiting · 9 senders waiting · 10 item turn,
 * on which receivers sleep · 11 room turn, on which senders sleep · 12 hand-off · 13 taken turn, on which the offering
 * sender sleeps · 14 receivers that wait in a select · 15 most bytes of a record · 16 a receiver has been woken and has not come yet ·
 * 17 the same of a sender. From byte 72 on the slots; a record is its length
 * (32 bits), then its bytes.
 *
 * Source: Go, "The Go Memory Model", section Channel communication, for what the operations promise; the lock is
 * Drepper's ("Futexes Are Tricky"), the turns are event counts (Reed and Kanodia, 1979).
 *
 * Happens-before: a send → the receive that gets its value · `close` → each receive that finds the channel ended · with
 * capacity C, the k-th receive → the completion of send k + C; without capacity, a receive → the completion of its send.
 *
 * Invariant: turns change under the lock, and a waiter reads its turn under the lock in the same section in which it
 * finds that it must wait. Who leaves without taking what it was woken for wakes the next. While one that was woken is
 * on its way, no other is woken, unless the channel is full (or empty): who comes wakes the next, if there is more to do.
 */
import type { NumericKind, SyncHandle, WaitOptions } from './shared.ts';
import {
  arrayOf,
  canBlock,
  cellsOf,
  claim,
  deadlineOf,
  elementBytes,
  expectBlocking,
  expectCount,
  expectElement,
  expectHandle,
  expectTag,
  kindNumber,
  kindOf,
  reasonOf,
  remaining,
  sleep,
  sleepAsync,
  SyncError,
} from './shared.ts';

const TAG = 0x4c53_0008;
const LOCK = 1;
const CAPACITY = 2;
const KIND = 3;
const SLOT_BYTES = 4;
const FIRST = 5;
const COUNT = 6;
const CLOSED = 7;
const RECEIVERS = 8;
const SENDERS = 9;
const ITEM_TURN = 10;
const ROOM_TURN = 11;
const HANDOFF = 12;
const TAKEN_TURN = 13;
const SELECTS = 14;
const RECORD_BYTES = 15;
const RECEIVER_COMES = 16;
const SENDER_COMES = 17;
const HEADER = 72;
const RECORDS = -1;

const EMPTY = 0;
const OFFERED = 1;
const TAKEN = 2;
const PROMISED = 3;
const REVOKED = 4;

/** How an attempt ended. */
const MOVED = 0;
const MUST_WAIT = 1;
const LEFT = 2;
const ENDED = 3;

/** Loads before an agent goes to sleep: about as long as going to sleep and being woken takes. */
const SPINS = 2000;
/** The same for the inner lock. */
const LOCK_SPINS = 100;

export type NumberKind = Exclude<NumericKind, 'i64' | 'u64'>;
export type ChannelValue = number | bigint | Uint8Array;

export interface ChannelOptions {
  /** How many values may wait; 0: each send waits for its receive. */
  readonly capacity: number;
  /** What a value is; default `f64`, any JavaScript number. */
  readonly kind?: NumericKind | undefined;
  /** Values are byte records (`Uint8Array`) of up to this length, instead of numbers. */
  readonly recordBytes?: number | undefined;
}

/** A channel to receive from, or a value to send. */
export type SelectCase<T extends ChannelValue> =
  Channel<T> | { readonly channel: Channel<T>; readonly send: T };

export interface Selected<T extends ChannelValue> {
  /** Which case it was. */
  readonly index: number;
  readonly channel: Channel<T>;
  /** What was received; undefined if the case was a send, or the channel has ended. */
  readonly value: T | undefined;
  readonly ended: boolean;
}

/**
 * Progress: blocking. `trySend`, `tryReceive` and the async forms never sleep, but wait for the inner lock, which is
 * held for a few instructions. Cost: one short critical section per operation.
 * A value sent is copied; records are copied out as new arrays.
 *
 * An agent that is terminated inside an operation may leave the inner lock held: let workers end by `close`.
 */
export class Channel<T extends ChannelValue = number> {
  static readonly alignment = 8;

  /** In bytes. */
  static byteLength(options: ChannelOptions): number {
    const capacity = expectCount(options.capacity, 0, 'Channel capacity');
    return HEADER + slotBytes(options) * Math.max(capacity, 1);
  }

  static create(options: ChannelOptions & { kind?: NumberKind; recordBytes?: undefined }): Channel;
  static create(options: ChannelOptions & { kind: 'i64' | 'u64' }): Channel<bigint>;
  static create(options: ChannelOptions & { recordBytes: number }): Channel<Uint8Array>;
  static create(options: ChannelOptions): Channel<never> {
    const buffer = new SharedArrayBuffer(Channel.byteLength(options));
    Channel.initialize(buffer, 0, options);
    return new Channel<never>(buffer, 0);
  }

  /** @throws SyncError not-shared, misaligned, too-small, already-initialised, negative, bad-argument */
  static initialize(buffer: SharedArrayBuffer, byteOffset: number, options: ChannelOptions): void {
    const bytes = Channel.byteLength(options);
    const kind = options.recordBytes === undefined ? kindNumber(options.kind ?? 'f64', 'Channel') : RECORDS;
    const cells = cellsOf(buffer, byteOffset, bytes, Channel.alignment, 'Channel');
    const words = [0, options.capacity, kind, slotBytes(options), 0, 0, 0, 0, 0, 0, 0, EMPTY, 0, 0];
    words.push(options.recordBytes ?? 0, 0, 0);
    claim(cells, TAG, words, 'Channel');
  }

  static from<T extends ChannelValue = number>(handle: SyncHandle<'Channel'>): Channel<T> {
    expectHandle(handle, 'Channel');
    return new Channel<T>(handle.buffer, handle.byteOffset);
  }

  /**
   * Waits until one of the cases can go on, and does it. Undefined if `timeoutMs` ran out first. Among several that can,
   * the choice is random.
   * Limit: looks again once a millisecond, as an agent can sleep on one cell only. Two selects do not meet on a channel
   * without capacity.
   * @throws SyncError cannot-block; closed if a case would send on a closed channel
   */
  static select<T extends ChannelValue>(
    cases: readonly SelectCase<T>[],
    timeoutMs?: number,
  ): Selected<T> | undefined {
    expectBlocking('Channel.select()');
    const deadline = deadlineOf(timeoutMs);
    const found = Channel.trySelect(cases);
    if (found !== undefined || cases.length === 0) return found;
    const waits = cases.map(waitOf);
    waits.forEach(({ channel, side }) => channel.join(side));
    try {
      for (let round = 0; ; round++) {
        const turns = waits.map(({ channel, side }) => channel.come(side));
        const { channel, turn } = waits[round % waits.length]!;
        const seen = turns[round % waits.length]!;
        const next = Channel.trySelect(cases);
        if (next !== undefined) return next;
        if (remaining(deadline) <= 0) return undefined;
        sleep(channel.cells, turn, seen, Math.min(deadline, performance.now() + 1), 'Channel.select()');
      }
    } finally {
      waits.forEach(({ channel, side }) => channel.leaveSelect(side));
    }
  }

  /** The async form, which sleeps on all channels at once. Undefined after the timeout; rejects when the signal aborts. */
  static async selectAsync<T extends ChannelValue>(
    cases: readonly SelectCase<T>[],
    { timeout, signal }: WaitOptions = {},
  ): Promise<Selected<T> | undefined> {
    if (signal?.aborted === true) throw reasonOf(signal);
    const deadline = deadlineOf(timeout);
    const found = Channel.trySelect(cases);
    if (found !== undefined || cases.length === 0) return found;
    const waits = cases.map(waitOf);
    waits.forEach(({ channel, side }) => channel.join(side));
    try {
      for (;;) {
        const seen = waits.map(({ channel, side }) => channel.come(side));
        const next = Channel.trySelect(cases);
        if (next !== undefined) return next;
        if (remaining(deadline) <= 0) return undefined;
        const others = new AbortController();
        const stop = () => others.abort(signal!.reason);
        signal?.addEventListener('abort', stop);
        const sleeps = waits.map(({ channel, turn }, index) =>
          sleepAsync(channel.cells, turn, seen[index]!, deadline, others.signal),
        );
        try {
          await Promise.race(sleeps);
        } finally {
          signal?.removeEventListener('abort', stop);
          others.abort();
          // The losers reject with this abort, and nobody listens any more.
          void Promise.allSettled(sleeps);
        }
      }
    } finally {
      waits.forEach(({ channel, side }) => channel.leaveSelect(side));
    }
  }

  /** Does one of the cases if one can go on now; undefined otherwise. */
  static trySelect<T extends ChannelValue>(cases: readonly SelectCase<T>[]): Selected<T> | undefined {
    const start = Math.floor(Math.random() * cases.length);
    for (let step = 0; step < cases.length; step++) {
      const index = (start + step) % cases.length;
      const one = cases[index]!;
      const channel = one instanceof Channel ? one : one.channel;
      if (one instanceof Channel) {
        const value = one.tryReceive();
        if (value !== undefined) return { index, channel, value, ended: false };
        if (one.ended) return { index, channel, value, ended: true };
      } else if (channel.trySend(one.send)) return { index, channel, value: undefined, ended: false };
    }
    return undefined;
  }

  readonly buffer: SharedArrayBuffer;
  readonly byteOffset: number;
  /** How many values may wait; 0: none. */
  readonly capacity: number;
  private readonly cells: Int32Array;
  private readonly slots: Slots;
  /** What the last attempt of this handle received; read at once, by the same turn. */
  private value: ChannelValue | undefined;
  private turn = 0;

  /** @throws SyncError not-shared, misaligned, too-small, not-initialised */
  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    const cells = cellsOf(buffer, byteOffset, HEADER, Channel.alignment, 'Channel');
    expectTag(cells, TAG, 'Channel');
    this.cells = cells;
    this.capacity = cells[CAPACITY]!;
    const slots = Math.max(this.capacity, 1);
    const bytes = cells[SLOT_BYTES]!;
    const start = byteOffset + HEADER;
    cellsOf(buffer, byteOffset, HEADER + slots * bytes, Channel.alignment, 'Channel');
    this.slots =
      cells[KIND] === RECORDS
        ? recordSlots(buffer, start, slots, bytes, cells[RECORD_BYTES]!)
        : numberSlots(kindOf(cells[KIND]!), buffer, start, slots);
  }

  get handle(): SyncHandle<'Channel'> {
    return { type: 'Channel', buffer: this.buffer, byteOffset: this.byteOffset };
  }

  /** Values that wait now. */
  get length(): number {
    return Atomics.load(this.cells, COUNT);
  }

  get closed(): boolean {
    return Atomics.load(this.cells, CLOSED) === 1;
  }

  /** Closed, and every value has been received: nothing will come any more. */
  get ended(): boolean {
    const { cells } = this;
    return (
      Atomics.load(cells, CLOSED) === 1 &&
      Atomics.load(cells, COUNT) === 0 &&
      Atomics.load(cells, HANDOFF) !== PROMISED
    );
  }

  /**
   * Waits for room (without capacity: until a receiver has taken the value). False if `timeoutMs` ran out first; the
   * value has not been sent then.
   * @throws SyncError closed, also if the channel is closed while this call waits; cannot-block, bad-argument
   */
  send(value: T, timeoutMs?: number): boolean {
    expectBlocking('Channel.send()');
    this.slots.check(value);
    let outcome = this.offer(value, false, true);
    if (outcome === MOVED && this.capacity > 0) return true;
    const deadline = deadlineOf(timeoutMs);
    if (outcome === LEFT) {
      if (this.capacity > 0) this.spin(COUNT, this.capacity);
      let joined = false;
      try {
        for (;;) {
          outcome = this.offer(value, joined, remaining(deadline) <= 0);
          joined = outcome === MUST_WAIT;
          if (!joined) break;
          sleep(this.cells, ROOM_TURN, this.turn, deadline, 'Channel.send()');
        }
      } finally {
        if (joined) this.leave(SENDERS);
      }
      if (outcome === LEFT) return false;
    }
    return this.capacity > 0 || this.untilTaken(deadline);
  }

  /**
   * Sends if there is room now (without capacity: if a receiver waits now).
   * @throws SyncError closed, bad-argument
   */
  trySend(value: T): boolean {
    this.slots.check(value);
    return this.capacity > 0 ? this.offer(value, false, true) === MOVED : this.promise(value);
  }

  /** The async form of `send`: true once sent, false after the timeout; rejects when the signal aborts, or if closed. */
  async sendAsync(value: T, options: WaitOptions = {}): Promise<boolean> {
    const { signal } = options;
    if (signal?.aborted === true) throw reasonOf(signal);
    this.slots.check(value);
    let outcome = this.offer(value, false, true);
    if (outcome === MOVED && this.capacity > 0) return true;
    const deadline = deadlineOf(options.timeout);
    if (outcome === LEFT) {
      let joined = false;
      try {
        for (;;) {
          outcome = this.offer(value, joined, remaining(deadline) <= 0);
          joined = outcome === MUST_WAIT;
          if (!joined) break;
          await sleepAsync(this.cells, ROOM_TURN, this.turn, deadline, signal);
        }
      } finally {
        if (joined) this.leave(SENDERS);
      }
      if (outcome === LEFT) return false;
    }
    return this.capacity > 0 || this.untilTakenAsync(deadline, signal);
  }

  /**
   * Waits for a value. Undefined if the channel has ended ({@link Channel.ended} is true then) or `timeoutMs` ran out.
   * @throws SyncError cannot-block
   */
  receive(timeoutMs?: number): T | undefined {
    expectBlocking('Channel.receive()');
    let outcome = this.take(false, true);
    if (outcome === LEFT) {
      const deadline = deadlineOf(timeoutMs);
      this.spin(this.capacity > 0 ? COUNT : HANDOFF, 0);
      let joined = false;
      try {
        for (;;) {
          outcome = this.take(joined, remaining(deadline) <= 0);
          joined = outcome === MUST_WAIT;
          if (!joined) break;
          sleep(this.cells, ITEM_TURN, this.turn, deadline, 'Channel.receive()');
        }
      } finally {
        if (joined) this.leave(RECEIVERS);
      }
    }
    return outcome === MOVED ? this.received() : undefined;
  }

  /** Receives if there is a value now; undefined otherwise. */
  tryReceive(): T | undefined {
    return this.take(false, true) === MOVED ? this.received() : undefined;
  }

  /**
   * The async form of `receive`: undefined if the channel has ended, or after the timeout; rejects when the signal
   * aborts, unless a value has arrived by then: that one is received, not lost.
   */
  async receiveAsync(options: WaitOptions = {}): Promise<T | undefined> {
    const { signal } = options;
    if (signal?.aborted === true) throw reasonOf(signal);
    let outcome = this.take(false, true);
    if (outcome === LEFT) {
      const deadline = deadlineOf(options.timeout);
      for (let joined = false; ; joined = true) {
        outcome = this.take(joined, remaining(deadline) <= 0);
        if (outcome !== MUST_WAIT) break;
        try {
          await sleepAsync(this.cells, ITEM_TURN, this.turn, deadline, signal);
        } catch (error) {
          outcome = this.take(true, true);
          if (outcome === MOVED) break;
          throw error;
        }
      }
    }
    return outcome === MOVED ? this.received() : undefined;
  }

  /**
   * No more values: what has been sent can still be received, senders that wait get an error, receivers that wait for
   * more learn that the channel has ended.
   * @throws SyncError closed if it is closed already
   */
  close(): void {
    const { cells } = this;
    this.enter();
    if (cells[CLOSED] === 1) {
      this.exit();
      throw new SyncError('closed', 'Channel.close() on a channel that is closed already');
    }
    Atomics.store(cells, CLOSED, 1);
    if (cells[HANDOFF] === OFFERED) Atomics.store(cells, HANDOFF, REVOKED);
    for (const turn of [ITEM_TURN, ROOM_TURN, TAKEN_TURN]) Atomics.add(cells, turn, 1);
    this.exit();
    for (const turn of [ITEM_TURN, ROOM_TURN, TAKEN_TURN]) Atomics.notify(cells, turn);
  }

  /** Every value until the channel has ended: `for await (const value of channel)`. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (let value = await this.receiveAsync(); value !== undefined; value = await this.receiveAsync())
      yield value;
  }

  /** The blocking form of the loop: `for (const value of channel)`. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let value = this.receive(); value !== undefined; value = this.receive()) yield value;
  }

  /** One look at the channel for a sender. `last`: it does not wait, and leaves if there is no room. */
  private offer(value: ChannelValue, joined: boolean, last: boolean): number {
    const { cells, capacity } = this;
    this.enter();
    if (joined) cells[SENDER_COMES] = 0;
    if (cells[CLOSED] === 1) {
      if (joined) cells[SENDERS]!--;
      this.exit();
      throw new SyncError('closed', 'Channel.send() on a closed channel: close it once all senders are done');
    }
    if (!this.hasRoom()) return this.waitOrLeave(SENDERS, joined, last);
    if (joined) cells[SENDERS]!--;
    if (capacity > 0) {
      const count = cells[COUNT]!;
      this.slots.write((cells[FIRST]! + count) % capacity, value);
      Atomics.store(cells, COUNT, count + 1);
    } else {
      this.slots.write(0, value);
      Atomics.store(cells, HANDOFF, OFFERED);
    }
    this.exitAndWake(this.mustWake(RECEIVERS), joined && this.hasRoom() && this.mustWake(SENDERS));
    return MOVED;
  }

  /** One look at the channel for a receiver; the value is then in `this.value`. */
  private take(joined: boolean, last: boolean): number {
    const { cells, capacity } = this;
    this.enter();
    if (joined) cells[RECEIVER_COMES] = 0;
    if (!this.hasItem()) {
      if (cells[CLOSED] !== 1) return this.waitOrLeave(RECEIVERS, joined, last);
      if (joined) cells[RECEIVERS]!--;
      this.exit();
      return ENDED;
    }
    if (joined) cells[RECEIVERS]!--;
    if (capacity > 0) {
      const first = cells[FIRST]!;
      this.value = this.slots.read(first);
      cells[FIRST] = first + 1 === capacity ? 0 : first + 1;
      Atomics.store(cells, COUNT, cells[COUNT]! - 1);
      this.exitAndWake(joined && this.hasItem() && this.mustWake(RECEIVERS), this.mustWake(SENDERS));
      return MOVED;
    }
    this.value = this.slots.read(0);
    if (cells[HANDOFF] === PROMISED) {
      Atomics.store(cells, HANDOFF, EMPTY);
      this.exitAndWake(false, this.mustWake(SENDERS));
    } else {
      Atomics.store(cells, HANDOFF, TAKEN);
      Atomics.add(cells, TAKEN_TURN, 1);
      this.exit();
      Atomics.notify(cells, TAKEN_TURN);
    }
    return MOVED;
  }

  private waitOrLeave(side: number, joined: boolean, last: boolean): number {
    const { cells } = this;
    if (joined && last) cells[side]!--;
    if (!joined && !last) cells[side]!++;
    this.turn = cells[turnOf(side)]!;
    this.exit();
    return last ? LEFT : MUST_WAIT;
  }

  /** Without capacity: leaves the value to a receiver that waits already, and goes. */
  private promise(value: ChannelValue): boolean {
    const { cells } = this;
    this.enter();
    if (cells[CLOSED] === 1) {
      this.exit();
      throw new SyncError(
        'closed',
        'Channel.trySend() on a closed channel: close it once all senders are done',
      );
    }
    // Invariant: a receiver that waits looks once more, under the lock, before it leaves. A select may leave without.
    if (cells[HANDOFF] !== EMPTY || cells[RECEIVERS]! <= cells[SELECTS]!) {
      this.exit();
      return false;
    }
    this.slots.write(0, value);
    Atomics.store(cells, HANDOFF, PROMISED);
    this.exitAndWake(this.mustWake(RECEIVERS), false);
    return true;
  }

  /** Without capacity: the sender of the value on offer waits for its receiver. */
  private untilTaken(deadline: number): boolean {
    this.spin(HANDOFF, OFFERED);
    for (;;) {
      const taken = this.settle(remaining(deadline) <= 0);
      if (taken !== undefined) return taken;
      sleep(this.cells, TAKEN_TURN, this.turn, deadline, 'Channel.send()');
    }
  }

  private async untilTakenAsync(deadline: number, signal: AbortSignal | undefined): Promise<boolean> {
    for (;;) {
      const taken = this.settle(remaining(deadline) <= 0);
      if (taken !== undefined) return taken;
      try {
        await sleepAsync(this.cells, TAKEN_TURN, this.turn, deadline, signal);
      } catch (error) {
        if (this.settle(true) === true) return true;
        throw error;
      }
    }
  }

  /** Whether the value on offer was taken; false: it was taken back, as `last` says; undefined: not yet. */
  private settle(last: boolean): boolean | undefined {
    const { cells } = this;
    this.enter();
    const handOff = cells[HANDOFF]!;
    if (handOff === OFFERED && !last) {
      this.turn = cells[TAKEN_TURN]!;
      this.exit();
      return undefined;
    }
    Atomics.store(cells, HANDOFF, EMPTY);
    this.exitAndWake(false, this.mustWake(SENDERS));
    if (handOff === REVOKED)
      throw new SyncError('closed', 'Channel.send(): the channel was closed before the value was received');
    return handOff === TAKEN;
  }

  private received(): T {
    const value = this.value as T;
    this.value = undefined;
    return value;
  }

  private hasRoom(): boolean {
    const { cells, capacity } = this;
    return capacity > 0 ? cells[COUNT]! < capacity : cells[HANDOFF] === EMPTY;
  }

  private hasItem(): boolean {
    const { cells, capacity } = this;
    return capacity > 0 ? cells[COUNT]! > 0 : cells[HANDOFF] === OFFERED || cells[HANDOFF] === PROMISED;
  }

  /** A select waits on this side. */
  private join(side: number): void {
    this.enter();
    this.cells[side]!++;
    if (side === RECEIVERS) this.cells[SELECTS]!++;
    this.exit();
  }

  /** A select that waits is about to look: what it was woken for, it has come for. Returns the turn to sleep on. */
  private come(side: number): number {
    this.enter();
    this.cells[comesOf(side)] = 0;
    const turn = this.cells[turnOf(side)]!;
    this.exit();
    return turn;
  }

  /** The waiter leaves; the wake-up that it may have taken goes to the next one that could use it. */
  private leave(side: number): void {
    this.enter();
    this.cells[side]!--;
    this.cells[comesOf(side)] = 0;
    if (side === SENDERS) this.exitAndWake(false, this.hasRoom() && this.mustWake(SENDERS));
    else this.exitAndWake(this.hasItem() && this.mustWake(RECEIVERS), false);
  }

  private leaveSelect(side: number): void {
    this.enter();
    if (side === RECEIVERS) this.cells[SELECTS]!--;
    this.exit();
    this.leave(side);
  }

  private spin(word: number, busy: number): void {
    for (let spins = 0; spins < SPINS && Atomics.load(this.cells, word) === busy; spins++);
  }

  /** The inner lock. An agent that may not block spins: the holder needs only a few instructions more. */
  private enter(): void {
    if (Atomics.compareExchange(this.cells, LOCK, 0, 1) !== 0) this.enterSlowly();
  }

  private enterSlowly(): void {
    const { cells } = this;
    for (let spins = 0; spins < LOCK_SPINS || !canBlock; spins++)
      if (Atomics.load(cells, LOCK) === 0 && Atomics.compareExchange(cells, LOCK, 0, 1) === 0) return;
    while (Atomics.exchange(cells, LOCK, 2) !== 0) sleep(cells, LOCK, 2, Infinity, 'Channel');
  }

  private exit(): void {
    if (Atomics.exchange(this.cells, LOCK, 0) === 2) Atomics.notify(this.cells, LOCK, 1);
  }

  /**
   * Whether to wake one that waits on this side; it then counts as on its way. With one on its way already, others can
   * go on meanwhile only if they need not wait for it.
   */
  private mustWake(side: number): boolean {
    const { cells } = this;
    if (cells[side] === 0) return false;
    const comes = comesOf(side);
    if (cells[comes] === 1 && (side === RECEIVERS ? this.hasRoom() : this.hasItem())) return false;
    cells[comes] = 1;
    Atomics.add(cells, turnOf(side), 1);
    return true;
  }

  private exitAndWake(receiver: boolean, sender: boolean): void {
    this.exit();
    if (receiver) Atomics.notify(this.cells, ITEM_TURN, 1);
    if (sender) Atomics.notify(this.cells, ROOM_TURN, 1);
  }
}

/** Where a case of a select waits. */
function waitOf<T extends ChannelValue>(
  one: SelectCase<T>,
): { readonly channel: Channel<T>; readonly side: number; readonly turn: number } {
  return one instanceof Channel
    ? { channel: one, side: RECEIVERS, turn: ITEM_TURN }
    : { channel: one.channel, side: SENDERS, turn: ROOM_TURN };
}

function comesOf(side: number): number {
  return side === SENDERS ? SENDER_COMES : RECEIVER_COMES;
}

function turnOf(side: number): number {
  return side === SENDERS ? ROOM_TURN : ITEM_TURN;
}

function slotBytes(options: ChannelOptions): number {
  if (options.recordBytes === undefined) return elementBytes(options.kind ?? 'f64');
  return 4 + Math.ceil(expectCount(options.recordBytes, 1, 'Channel recordBytes') / 4) * 4;
}

/** How values lie in the slots. */
interface Slots {
  check(value: ChannelValue): void;
  write(slot: number, value: ChannelValue): void;
  read(slot: number): ChannelValue;
}

function numberSlots(kind: NumericKind, buffer: SharedArrayBuffer, start: number, slots: number): Slots {
  const values = arrayOf(kind, buffer, start, slots);
  const wanted = kind === 'i64' || kind === 'u64' ? 'bigint' : 'number';
  return {
    check(value) {
      if (typeof value !== wanted) expectElement(kind, value, 'A Channel');
    },
    write(slot, value) {
      values[slot] = value as never;
    },
    read: (slot) => values[slot]!,
  };
}

function recordSlots(
  buffer: SharedArrayBuffer,
  start: number,
  slots: number,
  stride: number,
  most: number,
): Slots {
  const lengths = new Int32Array(buffer, start, (slots * stride) / 4);
  const bytes = new Uint8Array(buffer, start, slots * stride);
  return {
    check(value) {
      if (!(value instanceof Uint8Array))
        throw new SyncError(
          'bad-argument',
          `A Channel of records takes a Uint8Array, and not a ${typeof value}`,
        );
      if (value.length > most)
        throw new SyncError(
          'bad-argument',
          `A record of ${value.length} bytes does not fit: this Channel takes records of up to ${most} bytes`,
        );
    },
    write(slot, value) {
      const record = value as Uint8Array;
      lengths[(slot * stride) / 4] = record.length;
      bytes.set(record, slot * stride + 4);
    },
    read(slot) {
      const at = slot * stride + 4;
      return new Uint8Array(bytes.subarray(at, at + lengths[(slot * stride) / 4]!));
    },
  };
}
