/**
 * For: a trace as the timeline shows it. In and out: lines that the threads have written in; events in an order that
 * agrees with happens-before out. Pure.
 */
import type { Places, ProcessLog } from './report.ts';

export interface TimelineEvent {
  readonly process: number;
  readonly thread: string;
  readonly op: string;
  readonly file?: string;
  readonly line?: number;
  /** Of atomic operations and waits: equal texts are equal words of memory. */
  readonly cell?: string;
  readonly clock: readonly number[];
}

export interface Timeline {
  readonly version: 1;
  readonly events: readonly TimelineEvent[];
}

export function makeTimeline(processes: readonly ProcessLog[], places: Places): Timeline {
  const events = processes.flatMap(({ pid, lines }) =>
    lines.flatMap((line): { readonly at: number; readonly event: TimelineEvent }[] => {
      if (line.t !== 'event') return [];
      const place = line.site === undefined ? null : places.site(pid, line.site);
      return [
        {
          // What is below in every component has the smaller sum: the sums are in an order that agrees with the clocks.
          at: line.clock.reduce((sum, n) => sum + n, 0),
          event: {
            process: pid,
            thread: line.thread === 0 ? 'main' : `worker ${line.thread}`,
            op:
              line.op === 'access'
                ? place === null
                  ? 'read'
                  : place.rmw || place.writes
                    ? 'write'
                    : 'read'
                : line.op,
            ...(place === null ? {} : { file: place.file, line: place.line }),
            ...(line.block === undefined ? {} : { cell: `${line.block}:${line.byte ?? 0}` }),
            clock: line.clock,
          },
        },
      ];
    }),
  );
  return { version: 1, events: events.sort((a, b) => a.at - b.at).map(({ event }) => event) };
}
