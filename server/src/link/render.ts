import type { Expr, Unit } from '../ir/unit.ts';

/** An expression in the reader's own words, short: `this.view[HEAD]`, `count[i]`. */
export function render(unit: Unit, expr: Expr): string {
  switch (expr.e) {
    case 'const':
      return typeof expr.value === 'string' ? `'${expr.value}'` : String(expr.value);
    case 'var':
      return unit.bindings[expr.id]?.name ?? '…';
    case 'global':
      return expr.name;
    case 'this':
      return 'this';
    case 'super':
      return 'super';
    case 'meta':
      return expr.name;
    case 'member': {
      const of = render(unit, expr.of);
      const { key } = expr;
      return key.e === 'const' && typeof key.value === 'string'
        ? `${of}.${key.value}`
        : `${of}[${render(unit, key)}]`;
    }
    case 'call':
      return `${render(unit, expr.callee)}(${expr.args.length === 0 ? '' : '…'})`;
    case 'new':
      return `new ${render(unit, expr.callee)}(${expr.args.length === 0 ? '' : '…'})`;
    case 'op': {
      const parts = expr.args.map((arg) => render(unit, arg));
      return parts.length === 1 ? `${expr.op}${parts[0] ?? ''}` : parts.join(` ${expr.op} `);
    }
    case 'assign':
      return expr.target.p === 'var' ? (unit.bindings[expr.target.id]?.name ?? '…') : '…';
    case 'await':
      return `await ${render(unit, expr.of)}`;
    default:
      return '…';
  }
}
