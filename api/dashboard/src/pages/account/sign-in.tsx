/** Signing in: login and password, or the code of a link that signs in once; and the way to an account of one's own. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Spin } from "antd";
import { useEffect, useRef, useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { PlainField, PlainForm } from "../../kit/plain-form";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { enter, type Entering } from "./enter";
import { Register } from "./register";
import { account } from "./words";

export function SignIn({ code, signedIn }: Entering & { code: string | null }) {
  const [registering, setRegistering] = useState(false);
  const [given, setGiven] = useState(code);
  const how = useQuery({ queryKey: ["session", "registration"], queryFn: () => body(api.GET("/api/v1/registration")) });
  if (given !== null) return <ByCode code={given} signedIn={signedIn} instead={() => setGiven(null)} />;
  if (registering && how.data) return <Register how={how.data} signedIn={signedIn} back={() => setRegistering(false)} />;
  return <ByPassword signedIn={signedIn} how={how.data} register={() => setRegistering(true)} />;
}

interface ByPasswordProps extends Entering {
  how: Schemas["Registration"] | undefined;
  register: () => void;
}

function ByPassword({ signedIn, how, register }: ByPasswordProps) {
  const { say } = useWords(account);
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const sent = useMutation({ mutationFn: enter, onSuccess: signedIn });
  return (
    <PlainForm send={() => sent.mutate({ login, password, code: null })}>
      <h1>{say("sign_in.title")}</h1>
      {how?.admin_missing ? <p>{say("sign_in.admin_missing")}</p> : null}
      <PlainField label={say("sign_in.login")} value={login} change={setLogin} complete="username" first />
      <PlainField label={say("sign_in.password")} value={password} change={setPassword} complete="current-password" secret />
      {sent.isError ? <Problem error={sent.error} /> : null}
      <Button type="primary" htmlType="submit" loading={sent.isPending} block>
        {say("sign_in.title")}
      </Button>
      {how?.open || how?.admin_missing ? (
        <Button type="link" onClick={register}>
          {say("sign_in.register")}
        </Button>
      ) : null}
    </PlainForm>
  );
}

function ByCode({ code, signedIn, instead }: Entering & { code: string; instead: () => void }) {
  const { say } = useWords(account);
  const sent = useMutation({ mutationFn: enter, onSuccess: signedIn });
  const once = useRef(false);
  const { mutate } = sent;
  useEffect(() => {
    // the code holds once, and effects may run twice
    if (!once.current) mutate({ code, login: null, password: null });
    once.current = true;
  }, [code, mutate]);
  return (
    <div className="plain-form">
      <h1>{say("sign_in.title")}</h1>
      {sent.isError ? (
        <>
          <Problem error={sent.error} />
          <Button onClick={instead}>{say("sign_in.by_password")}</Button>
        </>
      ) : (
        <Spin />
      )}
    </div>
  );
}
