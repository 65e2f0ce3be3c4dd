import { expect, test } from 'vitest';
import { explore } from './explore.ts';
import { mutants } from './mutants.ts';
import { scenes } from './scenes.ts';

for (const mutant of mutants)
  test(`caught: ${mutant.mistake}`, { timeout: 120_000 }, () => {
    const scene = scenes.find(({ name }) => name === mutant.caughtBy);
    expect(scene?.file).toBe(mutant.file);
    const { violation } = explore(scene!.make(mutant));
    // A mutant that does not even run has proved nothing.
    expect(violation?.message).not.toMatch(/^(?:Reference|Type|Syntax)Error/);
    expect(violation?.kind, violation?.message).toBe(mutant.as);
  });
