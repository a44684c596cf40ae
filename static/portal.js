// What HTML cannot do by itself: reveal, copy, the dialog's focus, toasts, busy buttons. docs/ui.md says how pages use it.
"use strict";
(() => {
  const words = document.body.dataset;
  const dialog = document.getElementById("dialog");
  const toasts = document.getElementById("toasts");
  const TOAST_MS = 6000;
  const FOCUSABLE = "a[href], button, input, select, textarea, summary";

  // --- Reveal and copy ---
  const reveal = (button) => {
    const value = document.getElementById(button.dataset.reveal);
    const shown = button.getAttribute("aria-pressed") === "true";
    value.textContent = shown ? value.dataset.masked : value.dataset.full;
    button.setAttribute("aria-pressed", String(!shown));
  };

  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      if (!copyBySelection(button.dataset.copy)) return toast(words.wordCopyFailed, true);
    }
    button.classList.add("is-done");
    setTimeout(() => button.classList.remove("is-done"), 2000);
    toast(words.wordCopied);
  };

  // navigator.clipboard exists on secure origins only; a portal reached over plain http still copies.
  const copyBySelection = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    const place = dialog?.open ? dialog : document.body;
    place.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };

  const download = (button) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([document.getElementById(button.dataset.download).textContent], { type: "text/plain" }));
    link.download = button.dataset.name;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  // --- Tables: on a phone a row is a card, and each cell stands under the words of its head ---
  const label = (table) => {
    const heads = [...table.querySelectorAll("thead th")].map((head) => (head.querySelector(".visually-hidden") ? "" : head.textContent.trim()));
    for (const row of table.querySelectorAll("tbody tr, tfoot tr")) {
      for (const cell of row.cells) {
        if (cell.tagName === "TD" && heads[cell.cellIndex] && !("label" in cell.dataset)) cell.dataset.label = heads[cell.cellIndex];
      }
    }
  };

  const labelAll = () => document.querySelectorAll(".data-table:not(.data-table-plain)").forEach(label);

  // --- Toasts ---
  const toast = (text, isError = false) => {
    const note = document.createElement("div");
    const said = document.createElement("span");
    const dismiss = document.createElement("button");
    note.className = isError ? "toast-note is-error" : "toast-note";
    said.textContent = text;
    dismiss.type = "button";
    dismiss.textContent = "×";
    dismiss.setAttribute("aria-label", words.wordDismiss);
    dismiss.addEventListener("click", () => note.remove());
    note.append(said, dismiss);
    raiseToasts();
    toasts.append(note);
    leaveLater(note);
  };

  // An open <dialog> lies in the browser's top layer and makes the rest inert, so the toasts move into it meanwhile.
  const raiseToasts = () => {
    const home = dialog?.open ? dialog : document.body;
    if (toasts.parentElement !== home) home.append(toasts);
  };

  const leaveLater = (note) => {
    const timer = setTimeout(() => note.remove(), TOAST_MS);
    const keep = () => clearTimeout(timer);
    note.addEventListener("mouseenter", keep);
    note.addEventListener("focusin", keep);
  };

  // --- Dialog ---
  let opener = null;
  const FIRST_FOCUS = [
    "[aria-invalid=true]",
    "[autofocus]",
    "input:not([type=hidden], [type=radio]:not(:checked)), select, textarea",
    "button:not([data-close]), a[href]",
  ];

  // `place` is the fragment of the address that the link named: within an open dialog it leads there.
  const openDialog = (place) => {
    if (!dialog.open) {
      opener = { element: document.activeElement, place: document.activeElement?.closest("[id]")?.id, id: document.activeElement?.id };
      dialog.showModal();
    }
    const first = [...(place ? [`${place} a[hx-get]`] : []), ...FIRST_FOCUS].map((selector) => dialog.querySelector(selector)).find(Boolean);
    first?.focus();
  };

  const closeDialog = () => {
    if (dialog?.open) dialog.close();
  };

  dialog?.addEventListener("close", () => {
    document.body.append(toasts);
    dialog.replaceChildren();
    // After a success the row was drawn anew: the button that opened the dialog is another element now.
    setTimeout(() => returnFocus(opener));
  });

  const returnFocus = (from) => {
    if (!from || from.element?.isConnected) return from?.element?.focus();
    const same = from.id && document.getElementById(from.id);
    const place = from.place && document.getElementById(from.place);
    (same || place?.querySelector("a[hx-get], button") || document.getElementById("content"))?.focus();
  };

  dialog?.addEventListener("click", (event) => {
    if (event.target === dialog && isOutside(event, dialog.getBoundingClientRect())) closeDialog();
  });

  const isOutside = (event, box) =>
    event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;

  // --- Who types into the field of a choice means that choice ---
  document.addEventListener("input", (event) => {
    const choice = document.getElementById(event.target.dataset?.chooses ?? "");
    if (choice) choice.checked = true;
  });

  // --- A box that stands for a whole page ticks those of its rows, and one that is taken out takes it back ---
  document.addEventListener("change", ({ target }) => {
    const name = target.dataset?.ticks ?? target.name;
    const wholes = document.querySelectorAll(`[data-ticks="${CSS.escape(name ?? "")}"]`);
    const tick = (boxes) => boxes.forEach((box) => (box.checked = target.checked));
    if (target.dataset?.ticks) tick(document.querySelectorAll(`tbody [name="${CSS.escape(name)}"]`));
    if (wholes.length && (target.dataset.ticks || !target.checked)) tick(wholes);
  });

  // --- Busy ---
  const setBusy = (form, submitter, busy) => {
    const button = submitter ?? form?.querySelector?.("button[type=submit]");
    if (!button?.classList.contains("btn")) return;
    busy ? button.setAttribute("aria-busy", "true") : button.removeAttribute("aria-busy");
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog" || event.defaultPrevented || form.closest("[data-hx-post], [hx-post], [hx-get]") === form) return;
    if (form.dataset.sent) return event.preventDefault(); // a double click sends once
    form.dataset.sent = "yes";
    setBusy(form, event.submitter, true);
    if (form.querySelector("[download]") || form.target) setTimeout(() => release(form), 2000);
  });

  const release = (form) => {
    delete form.dataset.sent;
    setBusy(form, null, false);
  };

  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
  });

  // --- Clicks ---
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal], [data-copy], [data-download], [data-close]");
    if (!button) return;
    if ("reveal" in button.dataset) reveal(button);
    else if ("copy" in button.dataset) copy(button);
    else if ("download" in button.dataset) download(button);
    else if (button.closest("dialog")) {
      event.preventDefault();
      closeDialog();
    }
  });

  // --- htmx ---
  let waiting = 0;
  const wait = (change) => {
    waiting = Math.max(0, waiting + change);
    document.body.classList.toggle("is-busy", waiting > 0);
  };

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    wait(1);
    setBusy(event.detail.elt, event.detail.requestConfig?.triggeringEvent?.submitter, true);
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    wait(-1);
    setBusy(event.detail.elt, event.detail.requestConfig?.triggeringEvent?.submitter, false);
  });
  // A row that is drawn anew takes the focused button with it; its successor stands at the same place in the row.
  let lost = null;
  document.body.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    const focused = target?.contains(document.activeElement) && !document.activeElement.id ? document.activeElement : null;
    lost = focused && { id: target.id, tag: focused.tagName, place: [...target.querySelectorAll(FOCUSABLE)].indexOf(focused) };
  });
  const findLost = () => {
    const next = lost && document.getElementById(lost.id)?.querySelectorAll(FOCUSABLE)[lost.place];
    if (lost && document.activeElement === document.body) (next?.tagName === lost.tag ? next : document.getElementById("content"))?.focus();
    lost = null;
  };

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === dialog) openDialog(event.detail.requestConfig?.elt?.hash);
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    labelAll();
    findLost();
    const asked = event.detail.requestConfig?.elt;
    if (asked?.closest?.(".pager-pages")) document.getElementById(event.detail.target.id)?.querySelector("table")?.scrollIntoView({ block: "start" });
  });
  document.body.addEventListener("toast", (event) => toast(event.detail.text));
  document.body.addEventListener("close-dialog", closeDialog);

  document.body.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
    if (xhr.getResponseHeader("HX-Trigger")?.includes('"toast"')) return; // the server has said it itself
    if (xhr.status === 403) toast(words.wordForbidden, true);
    else if (xhr.status === 404) toast(words.wordGone, true);
    else toast(words.wordFailed, true);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.body.addEventListener(name, () => toast(words.wordOffline, true));
  }
  labelAll();
  // Not scrollIntoView: it would let Tab begin at that tab, past the skip link and the navigation.
  const tab = document.querySelector(".page-tabs [aria-current]");
  const middle = (element) => element.getBoundingClientRect().left + element.clientWidth / 2;
  if (tab) tab.closest(".page-tabs").scrollLeft += middle(tab) - middle(tab.closest(".page-tabs"));
  // The answer belongs to an element that this page does not have: the page itself shows it.
  document.body.addEventListener("htmx:targetError", () => location.reload());
})();
