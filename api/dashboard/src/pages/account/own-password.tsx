/** Another password for oneself; all other sessions end by it. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useState } from "react";

import { api, body } from "../../api/client";
import { PlainField, PlainForm } from "../../kit/plain-form";
import { Problem } from "../../kit/problem";
import { NOTHING_YET } from "../../kit/shown";
import { useWords } from "../../words/say";
import { passwordWish } from "./wishes";
import { account } from "./words";

/** The whole page, for whoever came in with a password that an admin set. */
export function OwnPassword({ done }: { done: () => void }) {
  const { say } = useWords(account);
  return (
    <>
      <h1 className="page-title">{say("account.password_new_first")}</h1>
      <p>{say("account.password_once_why")}</p>
      <PasswordForm done={done} once />
    </>
  );
}

export function PasswordForm({ done, once = false }: { done: () => void; once?: boolean }) {
  const { say } = useWords(account);
  const { message } = App.useApp();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const rules = useQuery({ queryKey: ["session", "registration"], queryFn: () => body(api.GET("/api/v1/registration")) });
  const sent = useMutation({
    mutationFn: () => api.PUT("/api/v1/session/password", { body: passwordWish(old, next) }),
    onSuccess: () => {
      void message.success(say("edit.done"));
      setOld("");
      setNext("");
      done();
    },
  });
  const limits = rules.data ? { min: rules.data.password_chars_min, max: rules.data.password_chars_max } : undefined;
  return (
    <PlainForm send={() => sent.mutate()} label={say("account.password_change")}>
      <PlainField
        label={once ? say("account.password_once") : say("account.password_old")}
        value={old}
        change={setOld}
        complete="current-password"
        secret
        optional={!once}
        first={once}
        {...(once ? {} : { hint: say("account.password_none") })}
      />
      <PlainField
        label={say("account.password_new")}
        value={next}
        change={setNext}
        complete="new-password"
        secret
        {...limits}
        hint={limits ? say("account.password_rule", limits) : NOTHING_YET}
      />
      {sent.isError ? <Problem error={sent.error} /> : null}
      <Button type="primary" htmlType="submit" loading={sent.isPending}>
        {say("account.password_change")}
      </Button>
    </PlainForm>
  );
}
