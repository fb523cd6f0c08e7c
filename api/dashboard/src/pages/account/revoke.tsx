/** Ending a session, a token or an account's use, after one more question. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm } from "antd";

import { toldOf } from "../../kit/problem";
import { useWords } from "../../words/say";

interface Props {
  /** The topic of the queries that are read again. */
  topic: string;
  word: string;
  /** What is ended. */
  called: string;
  ask: string;
  end: () => Promise<unknown>;
  danger?: boolean;
}

export function Sure({ topic, word, called, ask, end, danger = true }: Props) {
  const { say } = useWords();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const sent = useMutation({
    mutationFn: end,
    onSuccess: () => void queries.invalidateQueries({ queryKey: [topic] }),
    onError: (error) => {
      const { title, detail } = toldOf(error, say);
      void message.error(`${title}${detail}`);
    },
  });
  return (
    <Popconfirm
      title={ask}
      okText={word}
      okButtonProps={{ danger }}
      cancelText={say("action.cancel")}
      onConfirm={() => sent.mutate()}
    >
      <Button type="link" size="small" danger={danger} loading={sent.isPending} aria-label={`${word} ${called}`}>
        {word}
      </Button>
    </Popconfirm>
  );
}
