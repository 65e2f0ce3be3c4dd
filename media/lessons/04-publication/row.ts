/** How often the two agents meet, and how many rooms they go through side by side after each meeting. */
export const MEETINGS = 1000;
export const ROOMS = 1000;

/** Signs stand far apart in memory, so that no two share a cache line: 16 cells are 64 bytes. */
export const APART = 16;

/** Bytes for the signs of one side, one per room. */
export const signsLength = ROOMS * APART * Int32Array.BYTES_PER_ELEMENT;
