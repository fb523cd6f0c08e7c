/** A control of the conversion's form under its label, and what there is to know about it. */
import type { ReactNode } from "react";

interface Props {
  id: string;
  label: string;
  hint?: string;
  children: ReactNode;
}

export function Labelled({ id, label, hint, children }: Props) {
  return (
    <div className="template-field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint ? <small>{hint}</small> : null}
    </div>
  );
}
