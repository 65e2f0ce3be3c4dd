/** A program without shared memory: `node alone.mjs` prints milliseconds by the clock and of processor time, and a checksum. */
const started = performance.now();
const before = process.cpuUsage();
let sum = 0;
for (let round = 0; round < 6; round++) {
  // Sorting and looking through arrays of objects.
  const people = Array.from({ length: 60_000 }, (_, i) => ({
    id: (i * 7919) % 60_000,
    name: `n${i % 977}`,
    tags: [i % 3, i % 5],
  }));
  people.sort((a, b) => a.id - b.id);
  const byName = {};
  for (let i = 0; i < people.length; i++) {
    const one = people[i];
    byName[one.name] = (byName[one.name] ?? 0) + one.tags[i % 2];
  }
  for (const name of Object.keys(byName)) sum += byName[name];
  // Numbers in typed arrays and in plain ones.
  const sieve = new Uint8Array(2_000_000);
  for (let i = 2; i * i < sieve.length; i++)
    if (sieve[i] === 0) for (let j = i * i; j < sieve.length; j += i) sieve[j] = 1;
  const matrix = Array.from({ length: 120 }, (_, y) => Array.from({ length: 120 }, (_, x) => (x * y) % 7));
  for (let y = 0; y < 120; y++)
    for (let x = 0; x < 120; x++) {
      let cell = 0;
      for (let k = 0; k < 120; k++) cell += matrix[y][k] * matrix[k][x];
      sum += cell % 3;
    }
  sum += sieve[1_999_993];
}
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    ms: performance.now() - started,
    cpu: (user + system) / 1000,
    rss: process.resourceUsage().maxRSS / 1024,
    sum,
  }),
);
