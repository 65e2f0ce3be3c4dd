/**
 * For: whether a recorded history of a shared object could have happened one operation at a time.
 * In and out: operations with the moments of call and return, and the object's rules, in; an order that explains them out.
 * Must never know: what recorded them.
 *
 * Source: J. M. Wing, C. Gong, "Testing and Verifying Concurrent Objects" (1993): depth-first over the operations that
 * no finished operation precedes; with G. Lowe's table of (done, state) pairs that led nowhere (2017).
 */
export interface Operation<Op> {
  readonly op: Op;
  /** Moments in any unit, all different: an operation took effect between them. */
  readonly call: number;
  readonly return: number;
}

export interface Rules<Op, State> {
  readonly start: State;
  /** The state after `op`, or undefined if `op` cannot have had its result in `state`. `overlapping` operations were under way too. */
  apply(state: State, op: Op, overlapping: number): State | undefined;
  /** Equal texts mean equal states. */
  key(state: State): string;
}

/** The operations in an order that explains all results, or undefined. */
export function linearization<Op, State>(
  history: readonly Operation<Op>[],
  rules: Rules<Op, State>,
): readonly Op[] | undefined {
  const operations = [...history].sort((a, b) => a.call - b.call);
  const overlapping = operations.map(
    (one) =>
      operations.filter((other) => other !== one && other.call < one.return && other.return > one.call)
        .length,
  );
  const done = new Uint8Array(operations.length);
  const failed = new Set<string>();
  const order: Op[] = [];

  const search = (state: State, left: number, first: number): boolean => {
    if (left === 0) return true;
    while (done[first] === 1) first++;
    const key = `${done.subarray(first).join('')}@${first}:${rules.key(state)}`;
    if (failed.has(key)) return false;
    // Nothing that was called after some open operation returned can come before that operation.
    let bound = Infinity;
    for (let index = first; index < operations.length; index++)
      if (done[index] === 0) bound = Math.min(bound, operations[index]!.return);
    for (let index = first; index < operations.length && operations[index]!.call < bound; index++) {
      if (done[index] === 1) continue;
      const next = rules.apply(state, operations[index]!.op, overlapping[index]!);
      if (next === undefined) continue;
      done[index] = 1;
      order.push(operations[index]!.op);
      if (search(next, left - 1, first)) return true;
      order.pop();
      done[index] = 0;
    }
    failed.add(key);
    return false;
  };
  return search(rules.start, operations.length, 0) ? order : undefined;
}

/** An operation on a container: `take` with undefined found nothing, `put` with `ok: false` found no room. */
export type ContainerOp =
  | { readonly kind: 'put'; readonly value: number; readonly ok: boolean }
  | { readonly kind: 'take'; readonly value: number | undefined };

/**
 * A queue ('fifo') or a stack ('lifo') of at most `capacity` values. `slack`: a put may find no room while operations
 * that overlap it hold nodes, as the lock-free containers document.
 */
export function container(
  order: 'fifo' | 'lifo',
  capacity: number,
  slack: 'exact' | 'slack',
): Rules<ContainerOp, readonly number[]> {
  return {
    start: [],
    apply(values, op, overlapping) {
      if (op.kind === 'put') {
        if (op.ok) return values.length < capacity ? [...values, op.value] : undefined;
        const full = values.length + (slack === 'slack' ? overlapping : 0) >= capacity;
        return full ? values : undefined;
      }
      if (op.value === undefined) return values.length === 0 ? values : undefined;
      const at = order === 'fifo' ? 0 : values.length - 1;
      return values.length > 0 && values[at] === op.value ? values.toSpliced(at, 1) : undefined;
    },
    key: (values) => values.join(),
  };
}
