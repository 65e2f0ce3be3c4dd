// Everybody who listens to a name gets the memory.
//- main.ts
const board = new Uint8Array(new SharedArrayBuffer(8));
new Worker(new URL('./player.ts', import.meta.url), { type: 'module' });
new Worker(new URL('./referee.ts', import.meta.url), { type: 'module' });
const everybody = new BroadcastChannel('board');
setTimeout(() => everybody.postMessage(board), 1000);
//- player.ts
const channel = new BroadcastChannel('board');
channel.onmessage = (event: MessageEvent<Uint8Array>) => {
  const board = event.data;
  board[3] |= 1;
//^^^^^^^^^^^^^ no-plain-shared-update: `board[3]`
};
//- referee.ts
const channel = new BroadcastChannel('board');
channel.onmessage = (event: MessageEvent<Uint8Array>) => {
  const board = event.data;
  board[3] = board[3]! & ~1;
//^^^^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update: `board[3]`
};
