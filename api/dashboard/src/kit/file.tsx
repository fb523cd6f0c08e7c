/** A file that people choose and that goes up in pieces: its field, how far it is, and what it is called afterwards. */
import { Form, Progress } from "antd";
import { useCallback, useRef, useState } from "react";

import { type Sending, send } from "../api/upload";
import { useWords } from "../words/say";
import { size } from "./shown";

/** What the API is told of a file that was sent. */
export interface SentFile {
  digest: string;
  file_name: string;
}

export interface FileState {
  chosen: File | null;
  take: (file: File | null) => void;
  /** Sends the chosen file; one that was sent already is not sent again. */
  go: () => Promise<SentFile>;
  stop: () => void;
  /** Bytes that are there; null while nothing is on its way. */
  sent: number | null;
}

export function useFile(): FileState {
  const [chosen, setChosen] = useState<File | null>(null);
  const [sent, setSent] = useState<number | null>(null);
  const sending = useRef<Sending | null>(null);
  const there = useRef<SentFile | null>(null);
  const take = useCallback((file: File | null) => {
    there.current = null;
    setChosen(file);
  }, []);
  const go = useCallback(async () => {
    if (chosen === null) throw new Error("no file was chosen");
    if (there.current !== null) return there.current;
    sending.current = send(chosen, setSent);
    try {
      there.current = { digest: await sending.current.done, file_name: chosen.name };
      return there.current;
    } finally {
      setSent(null);
    }
  }, [chosen]);
  const stop = useCallback(() => sending.current?.stop(), []);
  return { chosen, take, go, stop, sent };
}

interface Props {
  id: string;
  label: string;
  file: FileState;
  accept?: string;
  hint?: string;
  required?: boolean;
  /** Called with what was chosen, for fields that begin with its name. */
  took?: (file: File) => void;
}

/** The browser's own control: it works by keyboard and screen reader as people know it. */
export function FileField({ id, label, file, accept, hint, required = true, took }: Props) {
  const { say } = useWords();
  const take = (chosen: File | null) => {
    file.take(chosen);
    if (chosen) took?.(chosen);
  };
  return (
    <Form.Item label={label} htmlFor={id} required={required} extra={hint}>
      <input
        id={id}
        type="file"
        {...(accept ? { accept } : {})}
        disabled={file.sent !== null}
        onChange={(event) => take(event.target.files?.[0] ?? null)}
      />
      {file.chosen && file.sent !== null ? (
        <div role="status">
          <Progress
            percent={Math.floor((100 * file.sent) / Math.max(1, file.chosen.size))}
            aria-label={say("column.progress")}
          />
          {say("file.sent", { done: size(file.sent), total: size(file.chosen.size) })}
        </div>
      ) : null}
    </Form.Item>
  );
}
