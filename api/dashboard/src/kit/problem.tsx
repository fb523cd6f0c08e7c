/** A refusal as people see it: what is wrong, what to do, and trying again. */
import { Alert, Button } from "antd";

import { OfflineError, PendingError, ProblemError, StoppedError } from "../api/client";
import { type SharedSay, useWords } from "../words/say";

export interface Told {
  title: string;
  detail: string;
}

export function toldOf(error: Error, say: SharedSay): Told {
  if (error instanceof ProblemError) return { title: error.title, detail: error.detail };
  if (error instanceof OfflineError) return { title: say("problem.offline"), detail: say("problem.offline_todo") };
  if (error instanceof PendingError) return { title: say("problem.pending"), detail: say("problem.pending_todo") };
  return { title: say("problem.title"), detail: error.message };
}

export function Problem({ error, again }: { error: Error; again?: () => void }) {
  const { say } = useWords();
  if (error instanceof StoppedError) return null;
  const { title, detail } = toldOf(error, say);
  const action = again ? <Button onClick={again}>{say("action.again")}</Button> : undefined;
  return <Alert type="error" showIcon role="alert" title={title} description={detail} action={action} />;
}
