import { tally } from '../../stage.ts';

// #region work
let turn = 0;
while (turn < 3) {
  const thisTurn = turn;
  setTimeout(() => tally(`turn ${thisTurn}`), 10); // ok: a constant of this turn
  turn++;
}
// #endregion
