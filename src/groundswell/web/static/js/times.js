// Keeps "3 min ago" true while the page stays open.
import { ago } from "./format.js";

const EVERY_MS = 10000;

export function keepTimesFresh() {
  setInterval(() => {
    if (document.hidden) return;
    for (const time of document.querySelectorAll(".where time, .who time")) {
      time.textContent = ago(time.dateTime);
    }
  }, EVERY_MS);
}
