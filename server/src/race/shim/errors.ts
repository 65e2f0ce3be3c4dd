/** For: stack traces with the columns that the author wrote. */
export function installErrors(directory: string): void {
  void directory;
}
