import { tally } from '../stage.ts';

// #region work
let turn = 0;
while (turn < 3) {
  setTimeout(() => tally(`turn ${turn}`), 10);
//                               ^^^^ no-late-loop-variable: `turn` will have its last value when this timer callback runs
  turn++;
}
// #endregion
