// Two pages with one shared worker: their memory meets there.
//- main.ts
const room = new SharedWorker(new URL('./room.ts', import.meta.url), { type: 'module' });
const seats = new Int32Array(new SharedArrayBuffer(4));
room.port.postMessage({ type: 'join', seats });

export function take(): void {
  seats[0]!--;
//^^^^^^^^^^^ no-plain-shared-update: `seats[0]`
}
//- room.ts
interface Join {
  readonly type: 'join';
  readonly seats: Int32Array;
}

addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports;
  port!.onmessage = ({ data }: MessageEvent<Join>) => {
    if (data.type === 'join') data.seats[0]!++;
//                            ^^^^^^^^^^^^^^^^ no-plain-shared-update: `data.seats[0]`
  };
});
