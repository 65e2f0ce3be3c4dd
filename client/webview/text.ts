/** Words with places in them: `fill('{0} of {1}', 3, 7)` is `3 of 7`. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}
