// A question and its answer as a promise: each round is ordered by two messages.
//- main.ts
const shared = new SharedArrayBuffer(64);
const data = new Float64Array(shared);
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

function ask(factor: number): Promise<void> {
  return new Promise((resolve) => {
    worker.addEventListener('message', () => resolve(), { once: true });
    worker.postMessage({ shared, factor });
  });
}

data[0] = 1; // ok: before the first question
await ask(1);
console.log(data[1]); // ok: after the first answer
data[0] = 2; // ok: after the first answer, before the second question
const answer = ask(2);
data[2] = 3; // miss: the first answer is taken for the second one's
await answer;
console.log(data[1]); // ok: after the second answer
//- worker.ts
self.onmessage = ({ data: { shared, factor } }: MessageEvent<{ shared: SharedArrayBuffer; factor: number }>) => {
  const data = new Float64Array(shared);
  data[1] = data[0]! * factor; // ok: between question and answer
  if (factor > 1) console.log(data[2]); // miss: as above
  self.postMessage('done');
};
