/**
 * For: turning one file's syntax into a Unit, the plain data that all later rooms read.
 * In and out: file name and text → Unit. Never fails: broken code gives a smaller Unit, unknown is written as unknown.
 * Must never know: other files, types, rules. Invariant: no TypeScript object survives a call.
 */
import ts from 'typescript';
import { lineStarts, type FileId } from '../base/text.ts';
import type { Unit } from '../ir/unit.ts';
import type { FuncState, Lowering } from './context.ts';
import { readSuppressions } from './comments.ts';
import { lowerModule } from './module.ts';

export function lower(file: FileId, text: string): Unit {
  try {
    return lowerSource(file, parse(file, text), text, null);
  } catch (error) {
    // Limit: code nested so deeply that the stack ends (generated expressions, which stop the compiler too) is left out.
    if (!(error instanceof RangeError)) throw error;
    return lowerSource(file, parse(file, ''), text, 'nested too deeply to be analysed; split the expression');
  }
}

function lowerSource(file: FileId, source: ts.SourceFile, text: string, problem: string | null): Unit {
  const top: FuncState = { id: '', spans: [], cls: null, unnamed: 0, loop: null };
  const cx: Lowering = {
    file,
    source,
    funcs: {},
    bindings: {},
    classes: {},
    spans: { '': top.spans },
    imports: [],
    exports: [],
    func: top,
    scope: { parent: null, names: new Map() },
  };
  lowerModule(cx);
  const { imports, exports, bindings, funcs, classes, spans } = cx;
  return {
    file,
    imports,
    exports,
    bindings,
    funcs,
    classes,
    spans,
    lines: lineStarts(text),
    suppressions: readSuppressions(source),
    syntax: problem === null ? syntaxErrors(source) : [{ start: 0, end: 0, message: problem }],
  };
}

/** Fresh syntax with parents set, for `lower` and for fixes. */
export function parse(file: FileId, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true, scriptKind(file));
}

function scriptKind(file: FileId): ts.ScriptKind {
  if (/\.[cm]?ts$/.test(file)) return ts.ScriptKind.TS;
  if (file.endsWith('.tsx')) return ts.ScriptKind.TSX;
  // Plain JavaScript may hold JSX, and the JSX parser accepts all other JavaScript.
  return ts.ScriptKind.JSX;
}

function syntaxErrors(source: ts.SourceFile): { start: number; end: number; message: string }[] {
  // The parser keeps its errors on the file; the public way to them would build a program for each file.
  const { parseDiagnostics = [] } = source as { parseDiagnostics?: readonly ts.DiagnosticWithLocation[] };
  return parseDiagnostics.slice(0, 5).map((diagnostic) => ({
    start: diagnostic.start,
    end: diagnostic.start + diagnostic.length,
    message: ts.flattenDiagnosticMessageText(diagnostic.messageText, ' '),
  }));
}

/** The innermost node that spans exactly these offsets, else the innermost that holds them. */
export function nodeAt(source: ts.SourceFile, start: number, end: number): ts.Node {
  let node: ts.Node = source;
  for (;;) {
    const inner: ts.Node | undefined = ts.forEachChild(node, (child) =>
      child.getStart(source) <= start && end <= child.getEnd() ? child : undefined,
    );
    if (inner === undefined) return node;
    node = inner;
  }
}
