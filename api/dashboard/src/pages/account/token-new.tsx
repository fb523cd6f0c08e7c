/** A new token: its name, what it may, until when; then its text, shown this once. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Checkbox, Input, Modal, Select } from "antd";
import { useState } from "react";

import { api, body } from "../../api/client";
import { type Permission, useSession } from "../../frame/session-context";
import { Copied } from "../../kit/copy";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { DAYS, NAME_CHARS_MAX, SCOPES, tokenWish } from "./wishes";
import { account } from "./words";

export function TokenNew({ close }: { close: () => void }) {
  const { say, label } = useWords(account);
  const { can } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Permission[]>(["read"]);
  const [days, setDays] = useState<number>(DAYS[1]);
  const made = useMutation({
    mutationFn: () => body(api.POST("/api/v1/tokens", { body: tokenWish(name, scopes, days, Date.now()) })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
  if (made.data) return <Once text={made.data.text} close={close} />;
  return (
    <Modal
      open
      title={say("token.new")}
      okText={say("action.new")}
      okButtonProps={{ disabled: name.trim() === "" }}
      cancelText={say("action.cancel")}
      confirmLoading={made.isPending}
      onOk={() => made.mutate()}
      onCancel={close}
    >
      <div className="plain-form">
        <label>
          <span>{say("column.name")}</span>
          <Input value={name} maxLength={NAME_CHARS_MAX} onChange={(event) => setName(event.target.value)} />
        </label>
        <fieldset className="plain-set">
          <legend>{say("token.scopes")}</legend>
          {SCOPES.map((each) => (
            <Checkbox
              key={each}
              checked={scopes.includes(each)}
              disabled={each === "read" || !can(each)}
              onChange={(event) =>
                setScopes((now) => (event.target.checked ? [...now, each] : now.filter((one) => one !== each)))
              }
            >
              {label("scope", each)}
            </Checkbox>
          ))}
        </fieldset>
        <label>
          <span>{say("token.life")}</span>
          <Select<number>
            aria-label={say("token.life")}
            value={days}
            options={DAYS.map((each) => ({ value: each, label: say("token.days", { days: each }) }))}
            onChange={setDays}
          />
        </label>
        {made.isError ? <Problem error={made.error} /> : null}
      </div>
    </Modal>
  );
}

function Once({ text, close }: { text: string; close: () => void }) {
  const { say } = useWords(account);
  return (
    <Modal
      open
      title={say("token.made")}
      okText={say("account.kept")}
      onOk={close}
      onCancel={close}
      mask={{ closable: false }}
      cancelButtonProps={{ style: { display: "none" } }}
    >
      <div className="plain-form">
        <Alert type="warning" showIcon title={say("token.once")} />
        <Copied text={text} label={say("token.made")} />
      </div>
    </Modal>
  );
}
