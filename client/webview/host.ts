/** The one door to the editor: messages out, checked messages in, and a little state that survives a reload. */
import { parseToPanel, type FromPanel, type ToPanel } from '../../server/src/learn/protocol.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** What is kept: which lesson, how far down, and which option was chosen at which prediction (by the number of its block). */
export interface Saved {
  readonly lesson: string | null;
  readonly scroll: number;
  readonly guesses: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

// May be called once only, and is kept private.
const api = acquireVsCodeApi();

export function post(message: FromPanel): void {
  api.postMessage(message);
}

export function onMessage(receive: (message: ToPanel) => void): void {
  window.addEventListener('message', (event: MessageEvent<unknown>) => {
    const message = parseToPanel(event.data);
    if (message !== null) receive(message);
  });
}

export function readState(): Saved {
  const state = api.getState() as Partial<Saved> | null | undefined;
  return { lesson: state?.lesson ?? null, scroll: state?.scroll ?? 0, guesses: state?.guesses ?? {} };
}

export function writeState(state: Saved): void {
  api.setState(state);
}
