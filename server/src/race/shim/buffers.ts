/**
 * For: knowing where each shared buffer was allocated. Replaces SharedArrayBuffer by a proxy of itself.
 */
import { B_BYTES } from '../detector.ts';
import type { Context } from './context.ts';
import { native } from './disguise.ts';
import { SharedBuffer } from './real.ts';
import type { Watch } from './watch.ts';

export function installBuffers(context: Context, watch: Watch): void {
  const Shared = new Proxy(SharedBuffer, {
    construct(target, given, newTarget): object {
      const buffer = Reflect.construct(target, given, newTarget) as SharedArrayBuffer;
      const { id } = watch.blockOf(buffer, true);
      context.log.write({
        t: 'block',
        block: id,
        bytes: context.heap[id + B_BYTES],
        thread: context.thread,
        stack: context.stack(),
      });
      return buffer;
    },
  });
  native(Shared, SharedBuffer);
  Object.defineProperty(SharedBuffer.prototype, 'constructor', {
    value: Shared,
    writable: true,
    configurable: true,
    enumerable: false,
  });
  Object.defineProperty(globalThis, 'SharedArrayBuffer', {
    value: Shared,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}
