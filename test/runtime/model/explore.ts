/**
 * For: every order in which the steps of a few threads can happen.
 * In and out: a way to make the threads in, the first schedule that goes wrong out, or how many states there were.
 * Must never know: what the threads do.
 *
 * A state is the shared memory, the waiters' lists (first come, first woken), and for each thread the results of its
 * steps so far, as far as they still matter: a thread is a deterministic generator, so they determine it. States seen
 * before are not explored again. To come back to a state, its schedule is run anew from the start.
 */
import { now } from './stepwise.ts';

export type Thread = Generator<unknown, void, unknown>;

export interface Scene {
  readonly threads: readonly Thread[];
  /** Moves that come before all others: a thread that must be asleep when it begins. */
  readonly first?: readonly number[];
  /** All memory that the threads share. */
  readonly memory: readonly SharedArrayBuffer[];
  /** Called when all threads have ended; throws if the result is wrong. */
  readonly check?: () => void;
  /** More that tells states apart, such as an order of events that `check` looks at. */
  readonly also?: () => string;
}

export interface Exploration {
  readonly states: number;
  readonly ends: number;
  /** `stuck`: threads sleep and nobody can wake them; `wrong`: a thread or the check threw. */
  readonly violation:
    { readonly kind: 'stuck' | 'wrong'; readonly message: string; readonly schedule: string } | undefined;
}

export function explore(make: () => Scene, maxStates = 400_000): Exploration {
  const seen = new Set<string>();
  let ends = 0;

  const visit = (start: System, schedule: readonly Move[]): Exploration['violation'] => {
    const key = start.key();
    if (seen.has(key)) return undefined;
    seen.add(key);
    if (seen.size > maxStates) throw new Error(`More than ${maxStates} states: make the scene smaller`);
    const moves = start.moves();
    const frames = start.frames();
    if (moves.length === 0) {
      ends++;
      const end = start.end();
      return end && { ...end, schedule: shown(schedule) };
    }
    // The live system serves the first move; the others begin again from the start.
    for (const [index, move] of moves.entries()) {
      const system = index === 0 ? start : replay(schedule, frames);
      const next = [...schedule, move];
      try {
        system.move(move);
      } catch (error) {
        return { kind: 'wrong', message: String(error), schedule: shown(next) };
      }
      const violation = visit(system, next);
      if (violation !== undefined) return violation;
    }
    return undefined;
  };
  const replay = (schedule: readonly Move[], frames: readonly (readonly string[])[]): System => {
    now.anew = true;
    const system = new System(make());
    for (const move of schedule) system.move(move);
    now.anew = false;
    system.restore(frames);
    return system;
  };
  const violation = visit(new System(make()), []);
  return { states: seen.size, ends, violation };
}

interface Move {
  readonly thread: number;
  /** The time of its wait is up. */
  readonly expire: boolean;
}

interface State {
  pending: readonly unknown[] | undefined;
  /** What has happened in it so far, as far as it still matters (see stepwise.ts). */
  frames: string[];
  expired: boolean;
  asleep: { readonly buffer: unknown; readonly byte: number; readonly limited: boolean } | undefined;
}

class System {
  private readonly scene: Scene;
  private readonly states: State[];
  /** Threads that sleep, longest first. */
  private sleepers: number[] = [];

  constructor(scene: Scene) {
    this.scene = scene;
    this.states = scene.threads.map(() => ({
      pending: ['start'],
      frames: [''],
      expired: false,
      asleep: undefined,
    }));
    for (const thread of scene.first ?? []) this.move({ thread, expire: false });
  }

  frames(): readonly (readonly string[])[] {
    return this.states.map((state) => [...state.frames]);
  }

  restore(frames: readonly (readonly string[])[]): void {
    for (const [thread, state] of this.states.entries()) state.frames = [...frames[thread]!];
  }

  moves(): Move[] {
    return this.states.flatMap((state, thread): Move[] => {
      if (state.pending === undefined) return [];
      if (state.asleep === undefined) return [{ thread, expire: false }];
      return state.asleep.limited ? [{ thread, expire: true }] : [];
    });
  }

  end(): { kind: 'stuck' | 'wrong'; message: string } | undefined {
    const stuck = this.states.flatMap((state, thread) => (state.pending === undefined ? [] : [thread]));
    if (stuck.length > 0) return { kind: 'stuck', message: `Threads ${stuck.join(', ')} sleep for ever` };
    try {
      this.scene.check?.();
      return undefined;
    } catch (error) {
      return { kind: 'wrong', message: String(error) };
    }
  }

  key(): string {
    const memory = this.scene.memory.map((buffer) => new Int32Array(buffer).join());
    const threads = this.states.map((state) => {
      const stage =
        state.pending === undefined ? 'ended' : state.asleep === undefined ? state.pending[0] : 'asleep';
      return `${state.frames.join('>')}:${String(stage)}${state.expired ? '!' : ''}`;
    });
    return [memory.join('/'), threads.join('/'), this.sleepers.join(), this.scene.also?.() ?? ''].join('|');
  }

  move({ thread, expire }: Move): void {
    const state = this.states[thread]!;
    if (expire) {
      this.wake(thread);
      state.expired = true;
      this.resume(thread, 'timed-out');
      return;
    }
    const [op, cells, index, ...rest] = state.pending as [string, Int32Array, number, ...unknown[]];
    if (op === 'start' || op === 'woken' || op === 'step') this.resume(thread, undefined);
    else if (op === 'wait') {
      const [expected, deadline] = rest as [number, number];
      if (Atomics.load(cells, index) !== expected) this.resume(thread, 'not-equal');
      else {
        state.asleep = { buffer: cells.buffer, byte: byteOf(cells, index), limited: deadline !== Infinity };
        this.sleepers.push(thread);
      }
    } else if (op === 'notify') {
      const most = (rest[0] as number | undefined) ?? Infinity;
      const woken = this.sleepers
        .filter((other) => {
          const { asleep } = this.states[other]!;
          return asleep?.buffer === cells.buffer && asleep.byte === byteOf(cells, index);
        })
        .slice(0, most);
      for (const other of woken) {
        this.wake(other);
        this.states[other]!.pending = ['woken'];
      }
      this.resume(thread, woken.length);
    } else {
      this.resume(thread, atomically(op, cells, index, ...rest));
    }
  }

  private wake(thread: number): void {
    this.states[thread]!.asleep = undefined;
    this.sleepers = this.sleepers.filter((other) => other !== thread);
  }

  private resume(thread: number, result: unknown): void {
    const state = this.states[thread]!;
    now.agent = thread + 1;
    now.expired = state.expired;
    now.frames = state.frames;
    if (!now.anew)
      state.frames.push(`${state.frames.pop()!}${result === undefined ? ';' : `,${text(result)}`}`);
    const { done, value } = this.scene.threads[thread]!.next(result);
    state.pending = done === true ? undefined : (value as readonly unknown[]);
  }
}

/** The real operation: it is one step, and nothing else runs. */
export function atomically(op: string, ...args: readonly unknown[]): unknown {
  return (Atomics as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[op]!(...args);
}

/** Numbers, bigints and words. */
function text(result: unknown): string {
  return `${result as number}`;
}

function byteOf(cells: Int32Array, index: number): number {
  return cells.byteOffset + index * cells.BYTES_PER_ELEMENT;
}

/** Who moved, one letter a step; a small letter for a wait whose time was up. */
function shown(schedule: readonly Move[]): string {
  return schedule.map(({ thread, expire }) => String.fromCharCode((expire ? 97 : 65) + thread)).join('');
}

/** A step of the test's own, so that others may come between. */
export const step = ['step'] as const;
