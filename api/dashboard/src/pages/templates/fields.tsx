/** The small fields that a template's form is made of: a label, a control, what is wrong with what was typed. */
import { Form, Input } from "antd";
import type { ReactNode } from "react";

import { useWords } from "../../words/say";
import { vectorProblem } from "./normalise";
import { templates } from "./words";

interface FieldProps {
  id: string;
  label: string;
  hint?: string | undefined;
  problem?: string | null | undefined;
  required?: boolean;
  children: ReactNode;
}

export function Field({ id, label, hint, problem, required = false, children }: FieldProps) {
  return (
    <Form.Item
      label={label}
      htmlFor={id}
      required={required}
      extra={hint}
      {...(problem ? { validateStatus: "warning" as const, help: problem } : {})}
    >
      {children}
    </Form.Item>
  );
}

interface TextProps {
  id: string;
  label: string;
  value: string;
  change: (value: string) => void;
  max?: number;
  hint?: string;
  required?: boolean;
}

export function TextField({ id, label, value, change, max = 200, hint, required = true }: TextProps) {
  const { say } = useWords(templates);
  const missing = required && value.trim() === "" ? say("field.required") : null;
  return (
    <Field id={id} label={label} required={required} hint={hint} problem={missing}>
      <Input
        id={id}
        value={value}
        maxLength={max}
        autoComplete="off"
        aria-required={required}
        onChange={(event) => change(event.target.value)}
      />
    </Field>
  );
}

interface VectorProps extends TextProps {
  count: number | null;
  /** What is said when there are too many or too few numbers. */
  countSays?: string;
  after?: ReactNode;
}

/** Numbers with commas between; full-width ones will do, brackets will not. */
export function VectorField({ id, label, value, change, count, countSays, hint, after, max = 1000 }: VectorProps) {
  const { say } = useWords(templates);
  const found = vectorProblem(value, count);
  const told =
    found === "count" ? (countSays ?? say("vector.count", { count: count ?? 0 })) : found && say(`vector.${found}`);
  const missing = value.trim() === "" ? say("field.required") : null;
  return (
    <Field id={id} label={label} required hint={hint ?? say("sub.vector_hint")} problem={missing ?? told}>
      <div className="with-after">
        <Input
          id={id}
          value={value}
          maxLength={max}
          autoComplete="off"
          aria-required
          onChange={(event) => change(event.target.value)}
        />
        {after}
      </div>
    </Field>
  );
}
