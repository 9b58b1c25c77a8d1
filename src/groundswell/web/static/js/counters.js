// The counters of one file, as they change.
import { grouped } from "./format.js";

export function followCounters(live) {
  const page = document.querySelector("[data-media-page]");
  if (!page) return;
  const id = page.dataset.mediaPage;
  const topic = `media.${id}`;
  const remarks = document.querySelector("[data-fresh-comments]");
  const comments = counter("commentCount");
  const known = comments ? number(comments) : 0;

  function apply(counters) {
    for (const [name, value] of Object.entries(counters)) {
      const place = counter(name);
      if (place && typeof value === "number" && number(place) !== value) change(place, value);
    }
    if (remarks && counters.commentCount > known) remarks.hidden = false;
  }

  // What changed between the making of the page and the opening of the stream.
  async function reload() {
    const answer = await fetch(`/v1/media/${id}`);
    if (answer.ok) apply(await answer.json());
  }

  live.addEventListener("EVENT", ({ detail }) => {
    if (detail.topic === topic) apply(detail.data.counters ?? votes(detail.data));
  });
  live.addEventListener("state", ({ detail }) => { if (detail === "live") reload().catch(() => {}); });
  live.addEventListener("GAP", ({ detail }) => { if (detail.topic === topic) reload().catch(() => {}); });
}

export const counter = (name) => document.querySelector(`[data-counter="${CSS.escape(name)}"]`);

const number = (place) => Number(place.textContent.replaceAll(",", ""));

function votes({ upvotes, downvotes }) {
  return upvotes === undefined ? {} : { upvotes, downvotes };
}

export function change(place, value) {
  place.textContent = grouped(value);
  place.classList.remove("changed");
  requestAnimationFrame(() => place.classList.add("changed"));
}
