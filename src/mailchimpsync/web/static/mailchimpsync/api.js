"use strict";

// The token is kept in this page's memory and nowhere else: no cookie, no storage.
const form = document.getElementById("sign-in");
const problem = document.getElementById("problem");

async function fetchDocument(token) {
  const answer = await fetch(form.dataset.document, { headers: { Authorization: `Bearer ${token}` } });
  const content = await answer.json();
  if (!answer.ok) {
    throw new Error(content.error_message);
  }
  return content;
}

function show(spec, token) {
  form.hidden = true;
  SwaggerUIBundle({
    spec,
    dom_id: "#api",
    deepLinking: false,
    validatorUrl: null,
    requestInterceptor: (request) => {
      request.headers.Authorization ||= `Bearer ${token}`;
      return request;
    },
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  const token = document.getElementById("token").value.trim();
  try {
    show(await fetchDocument(token), token);
  } catch (error) {
    problem.textContent = error.message;
  }
});
