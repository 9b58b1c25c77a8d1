// How long to wait before the next attempt: a random time below a bound that doubles, so that
// many clients cut off together do not come back together.
export const FIRST_MS = 500;
export const MOST_MS = 20000;

export function delay(attempt, random = Math.random) {
  return random() * Math.min(MOST_MS, FIRST_MS * 2 ** attempt);
}
