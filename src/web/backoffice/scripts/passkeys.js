// Passkeys (WebAuthn): where a page asks for one, the browser is asked, and what it answers goes back with the form.
// Pages without a script offer passwords and codes.
"use strict";
(() => {
  // A challenge is good for ten minutes; an older page asks for a new one.
  const STALE_MS = 8 * 60 * 1000;
  const NAMES = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

  const octets = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (octet) => String.fromCharCode(octet)).join(""))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((known) => ({ ...known, id: octets(known.id) }));

  let loaded = performance.now();

  // The options of the page, which is loaded again when it is too old.
  const options = async (form) => {
    if (performance.now() - loaded > STALE_MS) {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("form[data-passkey]");
      if (fresh) {
        form.dataset.options = fresh.dataset.options;
        for (const name of ["form", "pending"]) form.elements[name].value = fresh.elements[name].value;
        loaded = performance.now();
      }
    }
    return JSON.parse(form.dataset.options);
  };

  const ask = async (form) => {
    const asked = await options(form);
    asked.challenge = octets(asked.challenge);
    if (form.dataset.passkey === "create") {
      asked.user.id = octets(asked.user.id);
      asked.excludeCredentials = named(asked.excludeCredentials);
      return navigator.credentials.create({ publicKey: asked });
    }
    asked.allowCredentials = named(asked.allowCredentials);
    return navigator.credentials.get({ publicKey: asked });
  };

  const written = (credential) => {
    const response = {};
    for (const name of NAMES) if (credential.response[name]) response[name] = text(credential.response[name]);
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: {},
      response,
    });
  };

  const stopped = (form, error) => {
    const problem = form.querySelector("[data-problem]");
    problem.textContent = error.name === "InvalidStateError" ? problem.dataset.known : problem.dataset.problem;
    problem.hidden = false;
  };

  const begin = () => {
    if (!window.PublicKeyCredential) return;
    for (const note of document.querySelectorAll("[data-without-script]")) note.hidden = true;
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      form.hidden = false;
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const button = form.querySelector("button");
        button.disabled = true;
        try {
          form.elements.credential.value = written(await ask(form));
          form.submit();
        } catch (error) {
          stopped(form, error);
          button.disabled = false;
          button.focus();
        }
      });
    }
  };
  begin();
})();
