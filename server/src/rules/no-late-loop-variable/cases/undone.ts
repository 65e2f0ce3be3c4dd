// What is taken back before the round ends never sees the next one.
import { once, type EventEmitter } from 'node:events';

export async function attempts(emitters: EventEmitter[], note: (text: string) => void): Promise<void> {
  for (var i = 0; i < emitters.length; i++) {
    const emitter = emitters[i]!;
    const onData = () => note(`data in round ${i}`); // ok: removed below
    emitter.on('data', onData);
    const timer = setTimeout(() => note(`slow round ${i}`), 100); // ok: cleared below
    await once(emitter, 'end');
    clearTimeout(timer);
    emitter.off('data', onData);
  }
}

export async function waited(emitters: EventEmitter[], note: (text: string) => void): Promise<void> {
  let number = 0;
  for (const emitter of emitters) {
    number++;
    emitter.on('data', () => note(`data in round ${number}`)); // ok: the round waits for the emitter to end
    await once(emitter, 'end');
  }
}

export function subscribed(sources: { on(event: string, f: () => void): () => void; emit(): void }[], note: (text: string) => void): void {
  for (var i = 0; i < sources.length; i++) {
    const off = sources[i]!.on('data', () => note(`round ${i}`)); // ok: disposed in the round
    sources[i]!.emit();
    off();
  }
}

export function notAlways(emitter: EventEmitter, names: string[], note: (text: string) => void): void {
  for (var i = 0; i < names.length; i++) {
    const listener = () => note(names[i]!);
//                                    ^ no-late-loop-variable: `i` will have its last value when this event listener runs
    emitter.on('data', listener);
    if (names[i] === '') emitter.off('data', listener);
  }
}
