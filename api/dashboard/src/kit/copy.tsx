/** Text to be copied: one button, also where the page comes by plain http and has no clipboard of its own. */
import { App, Button, Input, type InputRef, Space } from "antd";
import { useRef } from "react";

import { useWords } from "../words/say";

export function Copied({ text, label }: { text: string; label: string }) {
  const { say } = useWords();
  const { message } = App.useApp();
  const field = useRef<InputRef>(null);
  const copy = async () => {
    const done = await copied(text, field.current?.input ?? null);
    void (done ? message.success(say("copy.done")) : message.warning(say("copy.by_hand")));
  };
  return (
    <Space.Compact style={{ width: "100%" }}>
      <Input ref={field} readOnly value={text} aria-label={label} onFocus={(event) => event.target.select()} />
      <Button type="primary" onClick={() => void copy()}>
        {say("copy.copy")}
      </Button>
    </Space.Compact>
  );
}

/** Whether it is in the clipboard now; the text stays selected, so that it can be copied by hand. */
async function copied(text: string, field: HTMLInputElement | null): Promise<boolean> {
  if (isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // not allowed here: the older way
    }
  }
  field?.select();
  return document.execCommand("copy");
}
