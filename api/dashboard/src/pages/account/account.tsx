/** One's own account. */
import { Card } from "antd";

import { useWords } from "../../words/say";
import { PasswordForm } from "./own-password";
import { account } from "./words";

export function OwnAccount() {
  const { say } = useWords(account);
  return (
    <>
      <div className="page-head">
        <h1>{say("account.own")}</h1>
      </div>
      <Card size="small" title={<h2>{say("account.password_change")}</h2>}>
        <PasswordForm done={() => undefined} />
      </Card>
    </>
  );
}
