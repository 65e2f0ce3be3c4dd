/**
 * For: the tsconfig.json and jsconfig.json files of a workspace, each read once, and which of them speaks for a file.
 * In and out: files and folders in, Projects out. Must never know: the editor, rules.
 */
import type { Problem } from '../base/finding.ts';
import type { FileId } from '../base/text.ts';
import { dirname, isBelow, isUri, join } from './paths.ts';
import { type Project, type ProjectHost, type Reading, readProject } from './tsconfig.ts';

export class Projects {
  readonly #host: ProjectHost;
  readonly #readings = new Map<FileId, Reading>();
  readonly #nearest = new Map<FileId, FileId | null>();
  readonly #forFolder = new Map<FileId, readonly Project[]>();

  constructor(host: ProjectHost) {
    this.#host = host;
  }

  /** The configuration that stands in this folder or nearest above it, up to the top of the repository. */
  nearest(folder: FileId): FileId | null {
    const known = this.#nearest.get(folder);
    if (known !== undefined) return known;
    let found = this.configIn(folder);
    const up = dirname(folder);
    const top = this.#host.hasFolder(join(folder, '.git')) || this.#host.hasFile(join(folder, '.git'));
    if (found === null && up !== folder && !top) found = this.nearest(up);
    this.#nearest.set(folder, found);
    return found;
  }

  configIn(folder: FileId): FileId | null {
    for (const name of ['tsconfig.json', 'jsconfig.json']) {
      const file = join(folder, name);
      if (this.#host.hasFile(file)) return file;
    }
    return null;
  }

  read(config: FileId): Project | null {
    let reading = this.#readings.get(config);
    if (reading === undefined) {
      reading = readProject(config, this.#host);
      this.#readings.set(config, reading);
    }
    return reading.project;
  }

  /** The project and all that it references, itself first; empty when it cannot be read. */
  closure(config: FileId): readonly Project[] {
    const projects: Project[] = [];
    const seen = new Set<FileId>();
    const visit = (file: FileId): void => {
      if (seen.has(file)) return;
      seen.add(file);
      const project = this.read(file);
      if (project === null) return;
      projects.push(project);
      project.references.forEach(visit);
    };
    visit(config);
    return projects;
  }

  /** Whose options hold for this file: the nearest configuration, or the one that it references and that includes the file. */
  forFile(file: FileId): Project | null {
    if (isUri(file)) return null;
    const folder = dirname(file);
    let candidates = this.#forFolder.get(folder);
    if (candidates === undefined) {
      const config = this.nearest(folder);
      candidates = config === null ? [] : this.closure(config);
      this.#forFolder.set(folder, candidates);
    }
    return (
      candidates.find((project) => project.named.includes(file) || project.includes(file)) ??
      candidates.find((project) => project.named.length > 0 || project.folders.length > 0) ??
      candidates[0] ??
      null
    );
  }

  problems(): readonly Problem[] {
    return [...this.#readings.values()].flatMap((reading) => reading.problems);
  }

  /** Whether a change of this file may change a project. */
  dependsOn(file: FileId): boolean {
    if (/\/[jt]sconfig\.json$/.test(file)) return true;
    for (const reading of this.#readings.values())
      if (reading.inputs.some((input) => isBelow(file, input))) return true;
    return false;
  }
}
