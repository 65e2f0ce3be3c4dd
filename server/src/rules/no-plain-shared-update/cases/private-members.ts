// A view in a private field, set up in one message and updated in later turns.
//- main.ts
export class Meter {
  private readonly view: Int32Array;
  private readonly worker: Worker;

  constructor() {
    const shared = new SharedArrayBuffer(64);
    this.view = new Int32Array(shared);
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.worker.onmessage = () => this.reset();
    this.worker.postMessage({ command: 'start', shared });
  }

  tick(): void {
    this.bump(3);
  }

  private reset(): void {
    this.view[0] = 0;
//  ^^^^^^^^^^^^^^^^ no-unordered-shared-access: `this.view[0]` is written while worker.ts writes it
  }

  private bump(at: number): void {
    this.view[at]++;
//  ^^^^^^^^^^^^^^^ no-plain-shared-update: `this.view[at]`
  }
}

new Meter().tick();
//- worker.ts
let view: Int32Array;
self.onmessage = (event) => {
  const { command, shared } = event.data;
  if (command !== 'start') return;
  view = new Int32Array(shared);
  loop();
};

function loop(): void {
  view[3] = view[3]! + 1;
//^^^^^^^^^^^^^^^^^^^^^^ no-plain-shared-update: `view[3]`
  view[0] = 5;
//^^^^^^^^^^^ no-unordered-shared-access: `view[0]` is written while the main thread writes it
  setTimeout(loop, 10);
}
