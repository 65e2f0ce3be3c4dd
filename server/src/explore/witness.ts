/** One valid execution for an outcome, laid open: events and all relations between them. */
import type { CancelCheck } from '../base/cancel.ts';
import type { Clocks } from './clocks.ts';
import { before, sequence } from './clocks.ts';
import type { Outcome } from './explore.ts';
import { outcomeOf } from './explore.ts';
import { decode, show } from './numbers.ts';
import { printAccess } from './print.ts';
import type { Access, InitMode, Model, Program } from './program.ts';
import { synchronizes } from './memory-order.ts';
import type { EventKind } from './paths.ts';
import type { Budget, Found } from './search.ts';
import { SKELETON_COST, search, spend } from './search.ts';
import { sectionOrders } from './sections.ts';
import type { Skeleton } from './skeleton.ts';
import { INIT } from './skeleton.ts';
import { skeletons } from './skeletons.ts';
import { coherent } from './sources.ts';

export interface ExecutionEvent {
  /** Index into `Execution.events`. */
  readonly id: number;
  readonly agent: string;
  /** The statement, or for critical sections `enters` or `leaves` and the statement. */
  readonly text: string;
  readonly kind: EventKind;
  readonly order: 'sc' | 'un';
  readonly op: Access;
  /** What it read and wrote, as values of its type. */
  readonly read: string | null;
  readonly wrote: string | null;
}

export interface ReadsFrom {
  readonly read: number;
  /** Null: the initial zeros. */
  readonly write: number | null;
  /** Bytes of the read, counted from its first. */
  readonly bytes: readonly number[];
}

export interface Execution {
  readonly outcome: Outcome;
  readonly events: readonly ExecutionEvent[];
  readonly readsFrom: readonly ReadsFrom[];
  /** Pairs of events, earlier first. */
  readonly synchronizesWith: readonly (readonly [number, number])[];
  /** All pairs between different agents that follow from no other two: with agent order they give the whole relation. */
  readonly happensBefore: readonly (readonly [number, number])[];
  /** A total order that satisfies "Sequentially Consistent Atomics". */
  readonly memoryOrder: readonly number[];
}

export interface WitnessOptions {
  readonly model?: 'es' | 'es2017';
  readonly init?: InitMode;
  readonly cancelled?: CancelCheck;
}

/** Null if no valid execution has exactly this outcome. Throws Cancelled and TooLarge. */
export function witness(program: Program, outcome: Outcome, options: WitnessOptions = {}): Execution | null {
  const model: Model = options.model ?? 'es';
  const budget: Budget = { cancelled: options.cancelled, choices: 0, exhausted: false };
  const wanted = JSON.stringify(sorted(outcome));
  const all = skeletons(program);
  let result = null as Execution | null;
  for (const s of all.each()) {
    const registers = new Map(
      s.registers.flatMap(({ name, value }) =>
        value.k === 'result' && value.add === null ? [[value.event, outcome[name]] as const] : [],
      ),
    );
    if (!spend(budget, SKELETON_COST)) break;
    sectionOrders(
      s,
      () => result === null && spend(budget),
      (sections) => {
        if (result !== null) return;
        search(s, sections, {
          model,
          init: options.init ?? 'literal',
          wide: -1,
          budget,
          thinAir: () => undefined,
          accepts: (event, value) => !registers.has(event) || registers.get(event) === show(value),
          visit: (found) => {
            if (JSON.stringify(outcomeOf(found)) !== wanted) return true;
            result = lay(found, all.agents);
            return false;
          },
        });
      },
    );
    if (result !== null) break;
  }
  return result;
}

/** What an event is called. */
export function eventText(s: Skeleton, event: number): string {
  const { kind, op } = s.events[event]!;
  const text = printAccess(op);
  return kind === 'enter' ? `enters ${text}` : kind === 'leave' ? `leaves ${text}` : text;
}

function lay(found: Found, agents: readonly string[]): Execution {
  const { s, values, hb, memory, pairs, sections } = found;
  const events = s.events.map((event, id): ExecutionEvent => {
    const bytes = values.bytes[id];
    const result = values.results[id];
    return {
      id,
      agent: agents[s.agentOf[id]!]!,
      text: eventText(s, id),
      kind: event.kind,
      order: event.order,
      op: event.op,
      read: result === undefined || event.kind === 'enter' ? null : show(result),
      wrote: bytes === null || bytes === undefined ? null : show(decode(event.op.type, bytes)),
    };
  });
  const synchronizesWith: (readonly [number, number])[] = [...sections.edges];
  for (let pair = 0; pair < pairs.writers.length; pair++) {
    const [writer, reader] = [pairs.writers[pair]!, pairs.readers[pair]!];
    if (writer !== INIT && synchronizes(s, writer, reader)) synchronizesWith.push([writer, reader]);
  }
  return {
    outcome: outcomeOf(found),
    events,
    readsFrom: s.reads.flatMap((read) => bytesFrom(found, read)),
    synchronizesWith,
    happensBefore: reduced(s, hb),
    memoryOrder: sequence(s, memory),
  };
}

function bytesFrom({ s, chosen, values, hb }: Found, read: number): ReadsFrom[] {
  const source = chosen[read]!;
  const low = s.low[read]!;
  const bytesOf = new Map<number, number[]>();
  for (const group of s.classes[read]!) {
    for (const byte of group.bytes) {
      const token = source.tokens[byte]!;
      const writer = source.writers.find((candidate) => {
        if (token >= 256) return candidate === token - 256;
        const covering = candidate === INIT || group.covers.includes(candidate);
        const value = candidate === INIT ? 0 : values.bytes[candidate]?.[low + byte - s.low[candidate]!];
        return covering && value === token && coherent(s, hb, read, candidate, group);
      })!;
      bytesOf.set(writer, [...(bytesOf.get(writer) ?? []), byte]);
    }
  }
  return [...bytesOf].map(([writer, bytes]) => ({
    read,
    write: writer === INIT ? null : writer,
    bytes: bytes.sort((a, b) => a - b),
  }));
}

function reduced(s: Skeleton, hb: Clocks): (readonly [number, number])[] {
  const pairs: [number, number][] = [];
  for (let second = 0; second < s.n; second++) {
    for (let agent = 0; agent < s.agents; agent++) {
      const last = s.lists[agent]![hb[second * s.agents + agent]! - 1];
      if (last === undefined || agent === s.agentOf[second]) continue;
      const through = s.events.some(
        (_, middle) => before(s, hb, last, middle) && before(s, hb, middle, second),
      );
      if (!through) pairs.push([last, second]);
    }
  }
  return pairs;
}

function sorted(outcome: Outcome): Outcome {
  return Object.fromEntries(Object.entries(outcome).sort(([a], [b]) => (a < b ? -1 : 1)));
}
