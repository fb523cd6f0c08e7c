/** The gate before all pages: who is signed in is asked once, and whoever is not signs in where they wanted to go. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Spin } from "antd";
import { lazy, type ReactNode, useEffect, useMemo, useState } from "react";

import { api, body, ENDED, ProblemError, type Schemas, session as told } from "../api/client";
import { Problem } from "../kit/problem";
import { Outside } from "./outside";
import { queries } from "./queries";
import { rights, SessionContext } from "./session-context";

export { useSession } from "./session-context";

type Session = Schemas["Session"];

const KEY = ["session"] as const;
const SignIn = lazy(() => import("../pages/account/sign-in").then((page) => ({ default: page.SignIn })));
const OwnPassword = lazy(() => import("../pages/account/own-password").then((page) => ({ default: page.OwnPassword })));

async function asked(): Promise<Session | null> {
  try {
    const session = await body(api.GET("/api/v1/session"));
    forgetOthers(session);
    return session;
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) return null;
    throw error;
  }
}

export const sessionQuery = queryOptions({ queryKey: KEY, queryFn: asked });

/** What was read for one person is not shown to another. */
function forgetOthers(session: Session | null): void {
  const before = queries.getQueryData<Session | null>(KEY);
  if (before?.account.id === session?.account.id) return;
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== KEY[0] });
}

function change(next: Session | null): void {
  forgetOthers(next);
  queries.setQueryData(KEY, next);
}

/** The code of a link that signs in once: `/sign-in#code=...`. It leaves the address at once. */
function codeInAddress(): string | null {
  if (location.pathname !== "/sign-in") return null;
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  history.replaceState(null, "", "/");
  return code;
}

const CODE = codeInAddress();

export function SessionGate({ children }: { children: ReactNode }) {
  const [code, setCode] = useState(CODE);
  const session = useQuery({ ...sessionQuery, refetchOnWindowFocus: "always" });
  useEffect(() => {
    const ended = () => change(null);
    told.addEventListener(ENDED, ended);
    return () => told.removeEventListener(ENDED, ended);
  }, []);
  const signedIn = (next: Session) => {
    setCode(null);
    change(next);
  };
  if (session.data === undefined) {
    return (
      <Outside>{session.isError ? <Problem error={session.error} again={() => void session.refetch()} /> : <Spin />}</Outside>
    );
  }
  if (session.data === null || code !== null) {
    return (
      <Outside>
        <SignIn code={code} signedIn={signedIn} />
      </Outside>
    );
  }
  if (session.data.password_change_needed) {
    return (
      <Outside>
        <OwnPassword done={() => void session.refetch()} />
      </Outside>
    );
  }
  return (
    <Inside key={session.data.account.id} session={session.data} ended={() => change(null)}>
      {children}
    </Inside>
  );
}

function Inside({ session, ended, children }: { session: Session; ended: () => void; children: ReactNode }) {
  const signedIn = useMemo(
    () => ({
      account: session.account,
      ...rights(session),
      signOut: async () => {
        await api.DELETE("/api/v1/session");
        ended();
      },
    }),
    [session, ended],
  );
  return <SessionContext.Provider value={signedIn}>{children}</SessionContext.Provider>;
}
