/** Fixes: fresh syntax for the rule that mends, only when somebody asks. */
import type ts from 'typescript';
import type { FileId, Fix } from '../base/text.ts';
import type { Program } from '../ir/program.ts';
import type { Mark, Unit } from '../ir/unit.ts';
import { nodeAt, parse } from '../lower/lower.ts';
import type { FixContext } from '../rules/rule.ts';
import type { Told } from './run.ts';

export interface FixSource {
  text(file: FileId): string | null;
  unit(file: FileId): Unit | null;
  readonly program: Program | null;
}

export function fixesOf({ rule, report }: Told, from: FixSource): readonly Fix[] {
  if (rule.fix === undefined) return [];
  const sources = new Map<FileId, ts.SourceFile>();
  const source = (file: FileId): ts.SourceFile => {
    const known = sources.get(file);
    if (known !== undefined) return known;
    const text = from.text(file);
    if (text === null) throw new Error(`${file} is gone`);
    const fresh = parse(file, text);
    sources.set(file, fresh);
    return fresh;
  };
  const unit = (file: FileId): Unit => {
    const known = from.unit(file);
    if (known === null) throw new Error(`${file} is gone`);
    return known;
  };
  const cx: FixContext = {
    report,
    source,
    unit,
    program: from.program,
    node: (at: Mark) => {
      const spans = unit(at.file).spans[at.func];
      const [start, end] = [spans?.[2 * at.n], spans?.[2 * at.n + 1]];
      if (start === undefined || end === undefined) throw new Error('the place is gone');
      return nodeAt(source(at.file), start, end);
    },
    edit: (node, text) => {
      const file = node.getSourceFile();
      return { span: { file: file.fileName, start: node.getStart(file), end: node.getEnd() }, text };
    },
    insert: (file, offset, text) => ({ span: { file, start: offset, end: offset }, text }),
  };
  return rule.fix(cx);
}
