/** An account of one's own; with the server's setup token it is the first admin's. */
import { useMutation } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";

import { api, type Schemas } from "../../api/client";
import { PlainField, PlainForm } from "../../kit/plain-form";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { enter, type Entering } from "./enter";
import { accountWish, type Fields } from "./wishes";
import { account } from "./words";

interface Props extends Entering {
  how: Schemas["Registration"];
  back: () => void;
}

async function made(fields: Fields): Promise<Schemas["Session"]> {
  const wish = accountWish(fields);
  await api.POST("/api/v1/accounts", { body: wish });
  return enter({ login: wish.login, password: wish.password, code: null });
}

export function Register({ how, signedIn, back }: Props) {
  const { say, label } = useWords(account);
  const [fields, setFields] = useState<Fields>({ login: "", name: "", password: "", setup: "" });
  const set = (name: keyof Fields) => (text: string) => setFields((now) => ({ ...now, [name]: text }));
  const sent = useMutation({ mutationFn: made, onSuccess: signedIn });
  const limits = { min: how.password_chars_min, max: how.password_chars_max };
  return (
    <PlainForm send={() => sent.mutate(fields)}>
      <h1>{say("sign_in.register")}</h1>
      <PlainField label={say("sign_in.login")} value={fields.login} change={set("login")} complete="username" first />
      <PlainField label={say("account.name")} value={fields.name} change={set("name")} complete="name" optional />
      <PlainField
        label={say("sign_in.password")}
        value={fields.password}
        change={set("password")}
        complete="new-password"
        secret
        {...limits}
        hint={say("account.password_rule", limits)}
      />
      {how.admin_missing ? (
        <PlainField
          label={say("sign_in.setup")}
          value={fields.setup}
          change={set("setup")}
          complete="off"
          optional={how.open}
          hint={say("sign_in.setup_hint")}
        />
      ) : null}
      {fields.setup.trim() ? null : <p>{say("sign_in.new_role", { role: label("role", how.new_role) })}</p>}
      {sent.isError ? <Problem error={sent.error} /> : null}
      <Button type="primary" htmlType="submit" loading={sent.isPending} block>
        {say("sign_in.register")}
      </Button>
      <Button type="link" onClick={back}>
        {say("sign_in.back")}
      </Button>
    </PlainForm>
  );
}
