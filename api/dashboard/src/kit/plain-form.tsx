/** A small form without Ant Design's heavy one: for what stands before the pages, and for passwords. */
import { Input, type InputProps } from "antd";
import { type ReactNode, type SubmitEvent, useId } from "react";

interface FormProps {
  send: () => void;
  label?: string;
  children: ReactNode;
}

export function PlainForm({ send, label, children }: FormProps) {
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    send();
  };
  return (
    <form className="plain-form" onSubmit={submit} {...(label === undefined ? {} : { "aria-label": label })}>
      {children}
    </form>
  );
}

interface FieldProps {
  label: string;
  value: string;
  change: (text: string) => void;
  /** What the browser may fill in: `username`, `current-password`, `new-password`, `off`. */
  complete: string;
  secret?: boolean;
  optional?: boolean;
  first?: boolean;
  min?: number;
  max?: number;
  hint?: string;
}

export function PlainField(props: FieldProps) {
  const { label, value, change, complete, secret = false, optional = false, first = false, hint } = props;
  const about = useId();
  const shared: InputProps = {
    value,
    autoComplete: complete,
    autoFocus: first,
    required: !optional,
    onChange: (event) => change(event.target.value),
    ...(props.min === undefined ? {} : { minLength: props.min }),
    ...(props.max === undefined ? {} : { maxLength: props.max }),
    ...(hint === undefined ? {} : { "aria-describedby": about }),
  };
  return (
    <div className="plain-field">
      <label>
        <span>{label}</span>
        {secret ? <Input.Password {...shared} visibilityToggle={false} /> : <Input {...shared} />}
      </label>
      {hint === undefined ? null : <small id={about}>{hint}</small>}
    </div>
  );
}
