"use strict";

// A token is kept in this page's memory and nowhere else. Signed-in users need none: their calls carry the page's own
// word, which no other site can know.
const api = document.getElementById("api");
const form = document.getElementById("token-form");
const problem = document.getElementById("problem");
const dark = window.matchMedia("(prefers-color-scheme: dark)");

async function fetchDocument(headers) {
  const answer = await fetch(api.dataset.document, { headers });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error_message);
  const { servers, ...spec } = content; // for programs; this page calls the service that it came from
  return spec;
}

// What Swagger leaves out for people who don't see the page: the levels of its headings, and the names of its fields.
function describe() {
  for (const one of api.querySelectorAll(".info .title, .opblock-tag")) one.setAttribute("aria-level", "2");
  for (const one of api.querySelectorAll(".opblock h4")) one.setAttribute("aria-level", "3");
  for (const one of api.querySelectorAll(".opblock h5")) one.setAttribute("aria-level", "4");
  for (const one of api.querySelectorAll("textarea.body-param__text")) one.setAttribute("aria-label", "Request body");
  for (const one of api.querySelectorAll(".copy-to-clipboard button")) one.setAttribute("aria-label", "Copy");
  for (const one of api.querySelectorAll("pre")) one.tabIndex = 0; // the keyboard has to scroll it
}

function show(spec, headers) {
  if (form) form.hidden = true;
  SwaggerUIBundle({
    spec,
    domNode: api,
    deepLinking: false,
    validatorUrl: null,
    defaultModelsExpandDepth: -1, // each action shows its own
    syntaxHighlight: { activated: false }, // its colours are too pale
    requestInterceptor: (request) => {
      request.headers = { ...headers, ...request.headers };
      return request;
    },
  });
}

async function open(headers) {
  problem.textContent = "";
  try {
    show(await fetchDocument(headers), headers);
  } catch (error) {
    problem.textContent = error.message;
  }
}

function followColours() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}

new MutationObserver(describe).observe(api, { childList: true, subtree: true });
dark.addEventListener("change", followColours);
followColours();
if (api.dataset.csrf) open({ "X-CSRFToken": api.dataset.csrf });
if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open({ Authorization: `Bearer ${document.getElementById("token").value.trim()}` });
  });
}
