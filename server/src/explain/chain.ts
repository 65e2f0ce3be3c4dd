/** Chains of happens-before in words: what gives each step, by the names of the memory model. */
import type { OrderStep } from '../facts/order.ts';
import { quoted, where, type Telling } from './telling.ts';

/** `the start of the worker, then the message`. */
export function chainInWords(t: Telling, steps: readonly OrderStep[]): string {
  const told: string[] = [];
  for (const step of decisive(steps)) {
    const words = stepInWords(t, step);
    if (told.at(-1) !== words) told.push(words);
  }
  return told.join(', then ');
}

/** The step that carries the order from one agent to the other; the last where several do. */
export function edgeName(steps: readonly OrderStep[]): OrderStep['why'] {
  return decisive(steps).at(-1)?.why ?? 'agent-order';
}

const ACROSS = new Set<OrderStep['why']>(['agent-start', 'message', 'agent-exit', 'publication', 'promise']);

/** Steps within one agent are told only where there are no others. */
function decisive(steps: readonly OrderStep[]): readonly OrderStep[] {
  const across = steps.filter(({ why }) => ACROSS.has(why));
  const between = across.filter(({ why }) => why !== 'promise');
  return between.length > 0 ? between : across.length > 0 ? across : steps;
}

function stepInWords(t: Telling, { why, release, acquire }: OrderStep): string {
  switch (why) {
    case 'agent-start':
      return 'the start of the worker';
    case 'message':
      return 'the message';
    case 'agent-exit':
      return 'the end of the worker';
    case 'promise':
      return 'the promise';
    case 'timer':
      return 'the timer';
    case 'called-later':
      return 'the later call';
    case 'module-first':
      return 'module code, which runs before every handler of its agent';
    case 'agent-order':
      return 'agent order';
    case 'publication':
      return release === null || acquire === null
        ? 'a publication'
        : `the ${quoted(release.via)} ${where(t, release.at)} that the ${quoted(acquire.via)} ${where(t, acquire.at)} ${acquire.op === 'wait' ? 'waits for' : 'reads'}`;
  }
}
