/** One's own account: who one is, the password, the browsers that are signed in, tokens for programs. */
import { useQueryClient } from "@tanstack/react-query";
import { Card, Descriptions } from "antd";

import { when } from "../../kit/shown";
import { useSession } from "../../frame/session-context";
import { useWords } from "../../words/say";
import { PasswordForm } from "./own-password";
import { Sessions } from "./sessions";
import { Tokens } from "./tokens";
import { account as words } from "./words";

export function OwnAccount() {
  const { say, label, lang } = useWords(words);
  const queries = useQueryClient();
  const { account } = useSession();
  const items = [
    { key: "login", label: say("sign_in.login"), children: account.login },
    { key: "name", label: say("account.name"), children: account.name },
    { key: "role", label: say("account.role"), children: label("role", account.role) },
    { key: "created", label: say("column.created"), children: when(account.created_at, lang) },
  ];
  return (
    <div className="own-account">
      <h1>{say("account.own")}</h1>
      <Card size="small" title={<h2>{say("account.who")}</h2>}>
        <Descriptions size="small" column={2} items={items} />
      </Card>
      <Card size="small" title={<h2>{say("account.password_change")}</h2>}>
        <PasswordForm done={() => void queries.invalidateQueries({ queryKey: ["sessions"] })} />
      </Card>
      <Tokens />
      <Sessions />
    </div>
  );
}
