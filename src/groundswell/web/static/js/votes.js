// Votes without leaving the page. Without this script the same buttons send a form.
import { change, counter } from "./counters.js";

export function voteInPlace() {
  const place = document.querySelector("[data-voting]");
  const form = place?.querySelector("form");
  if (!form) return;
  const status = place.querySelector("[data-vote-status]");
  let sending = false;

  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button?.dataset.way) return;
    event.preventDefault();
    if (sending) return;
    sending = true;
    try {
      await send(place.dataset.voting, button.value, form, status);
    } catch {
      status.textContent = "The vote did not get through. Are you online?";
    } finally {
      sending = false;
    }
  });
}

async function send(id, wanted, form, status) {
  const request = wanted === "none"
    ? { method: "DELETE" }
    : { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ voteType: wanted }) };
  const answer = await fetch(`/v1/media/${id}/vote`, request);
  const said = await answer.json();
  if (!answer.ok) {
    status.textContent = said.detail;
    return;
  }
  press(form, said.voteType);
  change(counter("upvotes"), said.upvotes);
  change(counter("downvotes"), said.downvotes);
  status.textContent = said.voteType ? "Your vote is counted." : "Your vote is taken back.";
}

function press(form, voteType) {
  for (const button of form.querySelectorAll("[data-way]")) {
    const mine = button.dataset.way === voteType;
    button.setAttribute("aria-pressed", String(mine));
    button.value = mine ? "none" : button.dataset.way;
  }
}
