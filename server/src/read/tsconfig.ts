/**
 * For: a tsconfig.json or jsconfig.json as far as Lockstep needs it: which files, which paths, which types.
 * In and out: a file name in, a Project out. Options that this TypeScript does not know (those of TypeScript 7, for
 * instance) are dropped without a word: the project's own compiler judges them, not Lockstep.
 * Must never know: the editor, rules.
 */
import ts from 'typescript';
import type { Problem } from '../base/finding.ts';
import type { FileId } from '../base/text.ts';
import { excludePattern, includePattern, literalFolder } from './patterns.ts';
import { dirname, isAbsolute, normalise } from './paths.ts';

export interface Project {
  readonly file: FileId;
  readonly folder: FileId;
  readonly options: ts.CompilerOptions;
  /** Named one by one under `files`. */
  readonly named: readonly FileId[];
  /** Folders to look through for what `include` matches. */
  readonly folders: readonly FileId[];
  /** Whether `include` matches and `exclude` does not; says nothing of the file's extension. */
  readonly includes: (file: FileId) => boolean;
  readonly excludes: (file: FileId) => boolean;
  /** Where compiled files go: not sources, even where git does not ignore them. */
  readonly outputs: readonly FileId[];
  /** Configuration files of the projects that it references. */
  readonly references: readonly FileId[];
}

export interface Reading {
  /** null: not there, or broken JSON. */
  readonly project: Project | null;
  /** Every file that had a say, missing ones included: a change of one of them makes the reading stale. */
  readonly inputs: readonly FileId[];
  readonly problems: readonly Problem[];
}

export interface ProjectHost {
  readonly hasFile: (file: FileId) => boolean;
  readonly hasFolder: (folder: FileId) => boolean;
  readonly read: (file: FileId) => string | null;
  readonly realPath: (path: FileId) => FileId;
}

export function readProject(file: FileId, host: ProjectHost): Reading {
  const text = host.read(file);
  if (text === null) return { project: null, inputs: [file], problems: [] };
  const parsed = ts.parseConfigFileTextToJson(file, text);
  if (parsed.error !== undefined)
    return { project: null, inputs: [file], problems: [broken(file, text, parsed.error)] };

  const folder = dirname(file);
  const inputs = new Set<FileId>([file]);
  let include: readonly string[] = [];
  let exclude: readonly string[] = [];
  const content = ts.parseJsonConfigFileContent(
    isRecord(parsed.config) ? parsed.config : {},
    {
      useCaseSensitiveFileNames: true,
      fileExists(path) {
        inputs.add(normalise(path));
        return host.hasFile(normalise(path));
      },
      readFile(path) {
        inputs.add(normalise(path));
        return host.read(normalise(path)) ?? undefined;
      },
      directoryExists: (path) => host.hasFolder(normalise(path)),
      realpath: (path) => host.realPath(normalise(path)),
      // Called once, with the patterns checked and their variables filled in: the walk itself is ours.
      readDirectory(_folder, _extensions, excludes, includes) {
        include = includes;
        exclude = excludes ?? [];
        return [];
      },
    },
    folder,
    undefined,
    file,
  );
  const named = content.fileNames.map(normalise);
  // With `files` alone a program is what they import. Workers are not imported: look at the whole folder instead.
  if (include.length === 0 && named.length > 0) include = ['**/*'];

  const options = lenient(content.options);
  const outputs = [options.outDir, options.declarationDir]
    .filter((output) => output !== undefined)
    .map(normalise)
    .filter((output) => output !== folder && !folder.startsWith(`${output}/`));
  const includes = include.map((pattern) => includePattern(pattern, folder));
  const excluded = exclude.map((pattern) => excludePattern(pattern, folder));
  const excludes = (path: FileId): boolean => excluded.some((pattern) => pattern.test(path));
  const problems = brokenBases(content.errors);
  return {
    inputs: [...inputs],
    problems,
    project: {
      file,
      folder,
      options,
      named,
      folders: [...new Set(include.map((pattern) => literalFolder(pattern, folder)))],
      includes: (path) => includes.some((pattern) => pattern.test(path)) && !excludes(path),
      excludes,
      outputs,
      references: (content.projectReferences ?? []).map((reference) =>
        normalise(ts.resolveProjectReferencePath(reference)),
      ),
    },
  };
}

/** What `paths` are relative to. */
export function pathsBase(project: Project): FileId {
  // Set by the parser where `paths` stands without `baseUrl`; the public type does not name it.
  const base = baseUrl(project) ?? project.options['pathsBasePath'];
  return typeof base === 'string' && isAbsolute(base) ? normalise(base) : project.folder;
}

/** Deprecated by TypeScript 6, and in use. */
export function baseUrl(project: Project): FileId | undefined {
  const base = (project.options as Readonly<Record<string, unknown>>)['baseUrl'];
  return typeof base === 'string' ? normalise(base) : undefined;
}

/** Options that this TypeScript can work with: what it did not understand is undefined and takes the newest meaning. */
function lenient(options: ts.CompilerOptions): ts.CompilerOptions {
  const known = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { target: ts.ScriptTarget.ESNext, ...known };
}

/** TypeScript numbers syntax errors below this. */
const FIRST_SEMANTIC = 2000;

function broken(file: FileId, text: string, error: ts.Diagnostic): Problem {
  const start = Math.min(error.start ?? 0, text.length);
  const what = ts.flattenDiagnosticMessageText(error.messageText, ' ').replace(/\.$/, '');
  return {
    file,
    span: { file, start, end: Math.min(start + (error.length ?? 1), text.length) },
    message: `${error.code < FIRST_SEMANTIC ? 'this is not valid JSON' : 'this cannot be followed'}: ${what}. Mend it here; until then every JavaScript and TypeScript file below the folder is looked at`,
  };
}

/** Only broken JSON in an extended configuration is worth a word: everything else is between the project and its compiler. */
function brokenBases(errors: readonly ts.Diagnostic[]): Problem[] {
  const problems: Problem[] = [];
  for (const error of errors) {
    if (error.file === undefined || error.start === undefined || error.code >= FIRST_SEMANTIC) continue;
    const file = normalise(error.file.fileName);
    const what = ts.flattenDiagnosticMessageText(error.messageText, ' ').replace(/\.$/, '');
    problems.push({
      file,
      span: { file, start: error.start, end: error.start + (error.length ?? 1) },
      message: `this is not valid JSON: ${what}. Mend it here; until then its settings may be incomplete`,
    });
  }
  return problems;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
