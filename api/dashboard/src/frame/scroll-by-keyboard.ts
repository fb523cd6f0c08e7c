/** Tables that scroll sideways do so by keyboard too, in every browser, and say what they are. */
import { useEffect } from "react";

const SCROLLING = ".ant-table-content, .ant-table-body, .grid";

/** Lets the keyboard reach a part that scrolls, and only then. */
export function reach(part: HTMLElement, label: string): void {
  if (part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight) {
    part.tabIndex = 0;
    part.setAttribute("role", "group");
    const own = part.querySelector("table")?.getAttribute("aria-label");
    part.setAttribute("aria-label", own ? `${own} · ${label}` : label);
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) part.removeAttribute(name);
  }
}

/** Keeps to it while what the page shows changes, or the window. */
export function useScrollByKeyboard(label: string): void {
  useEffect(() => {
    let frame = 0;
    const mark = () => {
      frame = 0;
      for (const part of document.querySelectorAll<HTMLElement>(SCROLLING)) {
        reach(part, label);
        // columns get their widths some time after their cells came
        if (part.firstElementChild) sizes.observe(part.firstElementChild);
      }
    };
    const later = () => {
      frame ||= requestAnimationFrame(mark);
    };
    const sizes = new ResizeObserver(later);
    const changes = new MutationObserver(later);
    changes.observe(document.body, { childList: true, subtree: true });
    sizes.observe(document.body);
    later();
    return () => {
      cancelAnimationFrame(frame);
      changes.disconnect();
      sizes.disconnect();
    };
  }, [label]);
}
