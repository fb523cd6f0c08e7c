/**
 * Runs in the viewer's page before Netron does: makes a page without an origin do for it, and hands it the graph.
 *
 * The page around the frame is told "ready" when Netron can open something, and answers with {name, bytes}. Netron is
 * given them as a file that was dropped onto it, which is how it takes files without asking anybody for them.
 */
"use strict";
(() => {
  // Without an origin there are no cookies, and to ask for them is an error. Nothing is kept, so nobody need consent.
  Object.defineProperty(document, "cookie", { get: () => "consent=none", set: () => undefined });

  // Nor may a worker come from an address; one of the page's own text may, and import a file of the viewer. What it is
  // asked before that has come is kept for it.
  const begin = (address) => `
    const early = [];
    const keep = (message) => early.push(message.data);
    addEventListener("message", keep);
    import(${JSON.stringify(address)}).then(() => setTimeout(() => {
      removeEventListener("message", keep);
      for (const data of early) dispatchEvent(new MessageEvent("message", { data }));
    }));`;
  const Plain = Worker;
  window.Worker = class extends Plain {
    constructor(address) {
      super(URL.createObjectURL(new Blob([begin(new URL(address, location.href).href)], { type: "text/javascript" })));
    }
  };

  const open = ({ name, bytes }) => {
    const dropped = new DataTransfer();
    dropped.items.add(new File([bytes], name));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
  };
  addEventListener("message", (message) => {
    if (message.source === parent && message.data?.bytes instanceof ArrayBuffer) open(message.data);
  });

  // Netron says what it does by the classes of its body: it waits for a file, it has drawn one, or it says why not.
  const STATES = { welcome: "ready", default: "drawn", alert: "failed" };
  let said = "";
  const look = () => {
    const state = STATES[document.body.className.replace("active", "").trim()];
    if (state === undefined || said === "drawn" || state === said) return;
    if (state === "ready") stay();
    said = state;
    parent.postMessage({ graph: state }, "*");
  };

  // Addresses elsewhere (documentation, its makers) are shown, to be copied: the frame may not leave.
  const stay = () => {
    const host = window.__view__.host;
    host.openURL = (address) => void host.message(address, true, "OK");
  };
  addEventListener("DOMContentLoaded", () => {
    new MutationObserver(look).observe(document.body, { attributeFilter: ["class"] });
  });
})();
