/** What the file's own functions do with a function that they are given. */
import type { BindingId, Expr, FuncId } from '../../ir/unit.ts';
import type { Accesses } from './accesses.ts';
import type { CallShape, Role } from './callees.ts';
import { roundOf, type Course } from './round.ts';

const UNKNOWN: Role = { role: 'unknown' };

/** Answers for one file, each parameter looked at once; one that is being looked at counts as unknown. */
export function rolesInFile(accesses: Accesses): Course['roleInFile'] {
  const known = new Map<BindingId, Role>();
  const roleInFile: Course['roleInFile'] = (caller, call, index) => {
    const target = call.isNew ? null : targetOf(accesses, caller, call);
    const parameter = target === null ? undefined : accesses.unit.funcs[target]?.params[index];
    if (target === null || parameter === undefined || parameter.rest || parameter.target.p !== 'var')
      return UNKNOWN;
    const { id } = parameter.target;
    const remembered = known.get(id);
    if (remembered !== undefined) return remembered;
    known.set(id, UNKNOWN);
    const role = roleOfParameter(accesses, target, id, roleInFile);
    known.set(id, role);
    return role;
  };
  return roleInFile;
}

function targetOf(accesses: Accesses, caller: FuncId, { callee }: CallShape): FuncId | null {
  if (callee.e === 'func') return callee.id;
  if (callee.e === 'var') return funcOf(accesses.onlyValue(callee.id));
  if (callee.e !== 'member' || callee.of.e !== 'this' || callee.key.e !== 'const') return null;
  const { funcs, classes } = accesses.unit;
  for (let at: FuncId | null = caller; at !== null; at = funcs[at]?.parent ?? null) {
    const cls = funcs[at]?.cls;
    if (cls === null || cls === undefined) continue;
    const { value } = callee.key;
    return classes[cls]?.methods.find((each) => each.name === value && !each.static)?.func ?? null;
  }
  return null;
}

function funcOf(value: Expr | null): FuncId | null {
  return value?.e === 'func' ? value.id : null;
}

function roleOfParameter(
  accesses: Accesses,
  func: FuncId,
  parameter: BindingId,
  roleInFile: Course['roleInFile'],
): Role {
  const own = (id: BindingId) => accesses.unit.bindings[id]?.func === func;
  const round = roundOf({ accesses, func, loop: null, own, parameter, roleInFile });
  const deferred = round.handOvers.find((each) => each.reads.some((read) => read.id === parameter));
  if (deferred === undefined) return UNKNOWN;
  return { role: 'later', what: deferred.kept ? 'function' : deferred.what, certain: deferred.certain };
}
