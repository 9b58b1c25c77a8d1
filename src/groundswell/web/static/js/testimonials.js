// Testimonials: what is published arrives at the top, what is taken back leaves at once.
import { ago, grouped } from "./format.js";

const MOST = 20;

export function followTestimonials(live) {
  const list = document.querySelector("[data-testimonials]");
  if (!list) return;
  const blank = document.querySelector("[data-quote]");
  live.addEventListener("EVENT", ({ detail: { data } }) => {
    if (!data.testimonialId) return;
    if (data.state !== "published") find(list, data.testimonialId)?.remove();
    else if (data.kind) count(find(list, data.testimonialId), data.kind, data.count);
    else ask(`/v1/testimonials/${data.testimonialId}`).then((one) => add(list, blank, one)).catch(() => {});
  });
  live.addEventListener("GAP", () => {
    ask(`/v1/testimonials?limit=${MOST}`).then((page) => showAll(list, blank, page.items)).catch(() => {});
  });
}

const find = (list, id) => list.querySelector(`[data-testimonial="${CSS.escape(id)}"]`);

async function ask(address) {
  const answer = await fetch(address);
  // What was taken back meanwhile is not there any more.
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function add(list, blank, one) {
  if (one.state !== "published") return;
  find(list, one.testimonialId)?.remove();
  const row = filled(blank, one);
  row.classList.add("arrived");
  list.prepend(row);
  while (list.children.length > MOST) list.lastElementChild.remove();
}

function showAll(list, blank, items) {
  list.replaceChildren(...items.map((one) => filled(blank, one)));
}

function filled(blank, one) {
  const row = blank.content.firstElementChild.cloneNode(true);
  const field = (name) => row.querySelector(`[data-field="${name}"]`);
  row.dataset.testimonial = one.testimonialId;
  field("body").textContent = one.body;
  field("name").textContent = one.displayName ?? one.authorId;
  field("project").textContent = one.projectTitle ?? "";
  field("project").hidden = !one.projectTitle;
  field("rating").textContent = `${one.rating} of 5`;
  field("rating").hidden = !one.rating;
  field("at").dateTime = one.publishedAt;
  field("at").textContent = ago(one.publishedAt);
  for (const [kind, number] of Object.entries(one.reactions)) count(row, kind, number);
  return row;
}

function count(row, kind, number) {
  const shown = row?.querySelector(`[data-kind="${CSS.escape(kind)}"]`);
  if (!shown) return;
  shown.querySelector("[data-count]").textContent = grouped(number);
  shown.hidden = number === 0;
  shown.classList.add("fresh");
}
