// Switches the colours at once; without this script the same buttons send a form.
export function switchThemes() {
  const form = document.querySelector("[data-themes]");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button) return;
    event.preventDefault();
    show(form, button.value);
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button)), redirect: "manual" })
      .catch(() => {});
  });
}

function show(form, theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}
