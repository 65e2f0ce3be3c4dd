import { expect, test } from 'vitest';
import { explore } from './explore.ts';
import { scenes } from './scenes.ts';

for (const scene of scenes)
  test(`in every order of steps: ${scene.name}`, { timeout: 120_000 }, () => {
    const { violation, states, ends } = explore(scene.make());
    expect(violation).toBeUndefined();
    // A scene in which threads never meet would prove nothing.
    expect(states).toBeGreaterThan(40);
    expect(ends).toBeGreaterThan(0);
  });
