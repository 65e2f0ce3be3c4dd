/** `node batch.mjs <file>`: runs every program of a file, one after the other, and prints what each has computed. */
const programs = await import(new URL(process.argv[2], import.meta.url).href).then((loaded) =>
  process.argv[2].endsWith('.cjs') ? loaded.default : loaded,
);
for (const [name, run] of Object.entries(programs)) {
  const result = await run();
  console.log(
    name,
    name.endsWith('Free')
      ? JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
      : '',
  );
}
