/** A table that may be wider than the page: its place scrolls, by keyboard too. */
import type { ReactNode } from "react";

export function Wide({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="wide" tabIndex={0} role="group" aria-label={label}>
      {children}
    </div>
  );
}
