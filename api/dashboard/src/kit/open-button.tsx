/** A button that opens a dialog; the dialog is made anew each time. */
import { Button } from "antd";
import { type ReactNode, useState } from "react";

interface Props {
  text: string;
  dialog: (close: () => void) => ReactNode;
}

export function OpenButton({ text, dialog }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>
        {text}
      </Button>
      {open ? dialog(() => setOpen(false)) : null}
    </>
  );
}
