/**
 * For: the one bundle that needs TypeScript: loaded by a thread only when a text is new to the run.
 */
import ts from 'typescript';
import type { SourceKind } from './instrument.ts';

export { instrument } from './instrument.ts';

/** JavaScript for a TypeScript file, types taken away and nothing checked, as Node's own type stripping does. */
export function transpile(text: string, file: string, kind: SourceKind): { code: string; map: string } {
  const { outputText, sourceMapText } = ts.transpileModule(text, {
    fileName: file,
    compilerOptions: {
      module: kind === 'module' ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      sourceMap: true,
      inlineSources: true,
      jsx: ts.JsxEmit.ReactJSX,
      verbatimModuleSyntax: false,
      esModuleInterop: true,
    },
  });
  return { code: outputText.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'), map: sourceMapText ?? '' };
}

/** Whether a file of undecided kind is an ES module: it imports, exports or awaits at its top. */
export function isModule(text: string): boolean {
  const source = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, false);
  return source.statements.some(
    (one) =>
      ts.isImportDeclaration(one) ||
      ts.isExportDeclaration(one) ||
      ts.isExportAssignment(one) ||
      (ts.canHaveModifiers(one) &&
        (ts.getModifiers(one) ?? []).some((part) => part.kind === ts.SyntaxKind.ExportKeyword)),
  );
}
