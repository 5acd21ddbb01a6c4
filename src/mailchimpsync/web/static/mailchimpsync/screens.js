// Small comforts. Everything works without them, but slower or less neatly.
"use strict";

document.documentElement.classList.remove("no-script");

// Times in the reader's own zone.
function localTimes(root) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const one of root.querySelectorAll("time[data-local]")) {
    one.title = one.textContent;
    one.textContent = format.format(new Date(one.dateTime));
    one.removeAttribute("data-local");
  }
}

// A form that asks first: <form data-confirm="id of a dialog">.
function askFirst(event) {
  const form = event.target;
  const dialog = form.dataset && form.dataset.confirm && document.getElementById(form.dataset.confirm);
  if (!dialog || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopPropagation();
  dialog.returnValue = "";
  dialog.addEventListener(
    "close",
    () => {
      if (dialog.returnValue !== "yes") return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(event.submitter);
      delete form.dataset.confirmed;
    },
    { once: true },
  );
  dialog.showModal();
}

document.addEventListener("submit", askFirst, true);
document.addEventListener("click", (event) => {
  const opener = event.target.closest(".opener");
  if (opener) opener.setAttribute("aria-expanded", String(opener.getAttribute("aria-expanded") !== "true"));
  const all = event.target.closest("[data-selects]");
  if (all) for (const box of document.querySelectorAll(`input[name="${all.dataset.selects}"]`)) box.checked = all.checked;
  const copy = event.target.closest("[data-copies]");
  if (copy) navigator.clipboard.writeText(document.getElementById(copy.dataset.copies).textContent.trim());
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});
document.addEventListener("htmx:load", (event) => localTimes(event.detail.elt));
localTimes(document);
