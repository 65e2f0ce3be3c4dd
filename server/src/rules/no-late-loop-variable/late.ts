import type { BindingId, FuncId, Mark } from '../../ir/unit.ts';
import type { ChangeKind } from './intent.ts';

/** What a finding says to its fix. */
export interface Late {
  readonly id: BindingId;
  readonly kind: ChangeKind;
  /** The function written in the loop that reads the variable. */
  readonly func: FuncId;
  readonly made: Mark;
  readonly loop: Mark;
  readonly change: Mark;
  readonly uses: readonly Mark[];
}
