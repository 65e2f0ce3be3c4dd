/**
 * For: the `include` and `exclude` patterns of a tsconfig.json, so that one walk serves every project.
 * In and out: patterns in, predicates over absolute paths out. Must never know: a disk.
 * Source: the TSConfig reference, "include": `*` and `?` stay within a segment, `**` + `/` spans any number, a last segment
 * without wildcard and extension is a folder; wildcards never reach into node_modules or folders that begin with a dot.
 */
import type { FileId } from '../base/text.ts';
import { dirname, join } from './paths.ts';

export function includePattern(pattern: string, base: FileId): RegExp {
  const segments = absolute(pattern, base);
  const last = segments.at(-1) ?? '';
  if (!/[.*?]/.test(last)) segments.push('**', '*');
  let source = '';
  for (const segment of segments) {
    if (segment === '**')
      source += '(?:/(?!(?:node_modules|bower_components|jspm_packages)(?:/|$))[^/.][^/]*)*?';
    else if (/^[*?]/.test(segment)) source += `/(?!\\.)${inSegment(segment)}`;
    else source += `/${inSegment(segment)}`;
  }
  return new RegExp(`^${source}$`);
}

/** Matches the path itself and all below it. */
export function excludePattern(pattern: string, base: FileId): RegExp {
  let source = '';
  for (const segment of absolute(pattern, base))
    source += segment === '**' ? '(?:/.+?)?' : `/${inSegment(segment)}`;
  return new RegExp(`^${source}(?:$|/)`);
}

/** The deepest folder that certainly holds all that the pattern can match. */
export function literalFolder(pattern: string, base: FileId): FileId {
  const path = join(base, pattern);
  const wild = path.search(/[*?]/);
  if (wild < 0) return /\.[^/]*$/.test(path) ? dirname(path) : path;
  return dirname(path.slice(0, wild) + 'x');
}

function absolute(pattern: string, base: FileId): string[] {
  return join(base, pattern)
    .split('/')
    .filter((segment, index) => index > 0 || segment !== '');
}

function inSegment(segment: string): string {
  return segment
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
}
