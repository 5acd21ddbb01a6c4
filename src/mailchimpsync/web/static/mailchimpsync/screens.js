// Small comforts. Everything works without them, but slower or less neatly.
"use strict";

document.documentElement.classList.remove("no-script");

// Pages are made with times in the browser's zone, once it is known.
function rememberTimeZone() {
  const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
  document.cookie = `mailchimpsync_time_zone=${zone}; path=${document.documentElement.dataset.root}; max-age=31536000; samesite=lax`;
}
rememberTimeZone();

// The reader's time zone, where none is set yet, if the server knows it: <input data-time-zone list="…">.
for (const one of document.querySelectorAll("input[data-time-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...one.list.options].some((known) => known.value === zone)) one.value = zone;
}

// Leaves only matching options in lists: <input data-narrows="selector of the lists">. What is chosen stays.
function narrow(search) {
  const words = search.value.toLowerCase().split(/\s+/);
  const shows = (option) => words.every((word) => `${option.label} ${option.value}`.toLowerCase().includes(word));
  let count = 0;
  for (const list of document.querySelectorAll(search.dataset.narrows)) {
    count = 0;
    for (const option of list.options) {
      const matches = Boolean(option.value) && shows(option);
      count += matches;
      option.hidden = option.disabled = !(matches || option.selected || !option.value);
    }
    for (const group of list.querySelectorAll("optgroup")) group.hidden = !group.querySelector("option:not([hidden])");
  }
  const said = search.parentElement.querySelector("[data-count]");
  said.textContent = String(count);
  said.parentElement.hidden = !search.value.trim();
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-narrows]")) narrow(event.target);
});
// Enter leads to the first list without a choice, instead of sending the form.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("[data-narrows]")) return;
  event.preventDefault();
  const lists = [...document.querySelectorAll(event.target.dataset.narrows)];
  (lists.find((list) => !list.value) || lists[0])?.focus();
});

// Adds `confirmed` to a form after its dialog; without scripts a page asks instead: <form data-adds-confirmed>.
function confirmation() {
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "confirmed";
  field.value = "yes";
  return field;
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
      if ("addsConfirmed" in form.dataset) form.append(confirmation());
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
// A part of the page that refreshes does not close an open dialog.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (document.querySelector("dialog[open]")) event.detail.shouldSwap = false;
});

// A part of a page that refreshes: opened details stay open, and the reader is not interrupted.
let opened = [];
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("[data-live]") && document.querySelector("dialog[open]")) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  opened = [...event.detail.target.querySelectorAll("details[open][id]")].map((one) => one.id);
});
document.addEventListener("htmx:afterSwap", () => {
  for (const one of opened.map((id) => document.getElementById(id))) if (one) one.open = true;
});
