/**
 * For: the rules' pages, as the build puts them beside the command (`rules/<id>.md`) and as they stand in the source.
 * In and out: a rule's id in; its title, first paragraph and markdown out.
 * Must never know: how a rule works.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { compareText } from './report.ts';

export interface RulePage {
  readonly rule: string;
  /** The heading, without `#`. */
  readonly title: string;
  /** The first paragraph on one line; `''` if there is none. */
  readonly summary: string;
  readonly markdown: string;
}

export interface RulePages {
  ids(): readonly string[];
  /** null: no such rule. */
  page(rule: string): RulePage | null;
}

/** `folder` holds `<id>.md` or `<id>/doc.md`. */
export function rulePages(folders: readonly string[] = defaultFolders()): RulePages {
  const files = new Map<string, string>();
  for (const folder of folders) {
    for (const entry of entriesOf(folder)) {
      const id = entry.isDirectory() ? entry.name : /^(.+)\.md$/.exec(entry.name)?.[1];
      if (id === undefined || files.has(id)) continue;
      files.set(id, entry.isDirectory() ? join(folder, id, 'doc.md') : join(folder, entry.name));
    }
  }
  return {
    ids: () => [...files.keys()].sort(compareText),
    page: (rule) => {
      const file = files.get(rule);
      const markdown = file === undefined ? null : readText(file);
      return markdown === null ? null : parsePage(rule, markdown);
    },
  };
}

function parsePage(rule: string, markdown: string): RulePage {
  const [heading = '', ...rest] = markdown.replaceAll('\r\n', '\n').split('\n');
  const body = rest.join('\n').trimStart();
  const paragraph = body.split(/\n\s*\n/)[0] ?? '';
  return {
    rule,
    title: heading.replace(/^#+\s*/, '').trim() || rule,
    summary: paragraph.startsWith('#') ? '' : paragraph.replaceAll('\n', ' ').trim(),
    markdown,
  };
}

function defaultFolders(): readonly string[] {
  return [join(__dirname, 'rules'), join(__dirname, '..', 'rules')];
}

function entriesOf(folder: string): readonly { name: string; isDirectory(): boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** null where the file cannot be read. */
export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
