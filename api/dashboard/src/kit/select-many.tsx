/** Choosing several of a list that opens: Tab leaves it, where Ant Design's own would add and take away what is active. */
import { Select, type SelectProps } from "antd";
import { type KeyboardEvent, useState } from "react";

export function SelectMany<T extends string | number>(props: SelectProps<T[]>) {
  const [open, setOpen] = useState(false);
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Tab" || !open) return;
    // the browser moves the focus; the list does not hear of it
    event.stopPropagation();
    setOpen(false);
  };
  return (
    <div onKeyDownCapture={leave}>
      <Select<T[]> {...props} mode="multiple" open={open} onOpenChange={setOpen} />
    </div>
  );
}
