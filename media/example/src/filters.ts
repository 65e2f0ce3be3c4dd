/** Filters from one pixel to one pixel. They know nothing of workers and nothing of memory that is shared. */

export type Filter = (red: number, green: number, blue: number) => readonly [number, number, number];

const grey: Filter = (red, green, blue) => {
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return [light, light, light];
};

const sepia: Filter = (red, green, blue) => {
  const [light] = grey(red, green, blue);
  return [Math.min(255, light * 1.07), light * 0.88, light * 0.68];
};

const invert: Filter = (red, green, blue) => [255 - red, 255 - green, 255 - blue];

const FILTERS: Readonly<Record<string, Filter>> = { grey, sepia, invert };

export const FILTER_NAMES = Object.keys(FILTERS);

export function filterByName(name: string): Filter {
  const filter = FILTERS[name];
  if (filter === undefined) throw new Error(`there is no filter ${name}`);
  return filter;
}
