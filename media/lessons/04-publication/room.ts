/** How often the two agents meet, and how many rooms they go through side by side after each meeting. */
export const MEETINGS = 1000;
export const ROOMS = 1000;

/** Signs stand far apart in memory, so that no two share a cache line: 16 cells are 64 bytes. */
const APART = 16;

export const signsLength = 2 * ROOMS * APART;

/** The cell in which one side (0 or 1) puts out its sign for one room. */
export function signOf(room: number, side: number): number {
  return (2 * room + side) * APART;
}
