// The field that searches while one types (select2) names itself by nothing: it takes the words of its label.
"use strict";
(() => {
  const nameFields = () => {
    for (const label of document.querySelectorAll("label[for]")) {
      const box = document.getElementById(label.htmlFor)?.parentElement?.querySelector(".select2-container");
      for (const part of box?.querySelectorAll(".select2-selection, .select2-selection__rendered") ?? []) {
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", label.textContent.trim().replace(/:$/, ""));
      }
    }
  };
  // jQuery runs what waits for the page in the order it was asked to, so this comes after select2's own start.
  window.django?.jQuery?.(nameFields);
})();
