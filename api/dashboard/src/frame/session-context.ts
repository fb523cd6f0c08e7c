/** Who is signed in, and what they may; every page may ask. The server decides in any case. */
import { createContext, useContext } from "react";

import type { Schemas } from "../api/client";

export type Account = Schemas["Account"];
export type Permission = Schemas["Session"]["permissions"][number];

export interface SignedIn {
  account: Account;
  /** Whether the person may do things of this kind at all. */
  can: (permission: Permission) => boolean;
  /** Whether the person may change or delete a thing of this owner: their own, or as an admin everybody's. */
  mayChange: (owner: string) => boolean;
  signOut: () => Promise<void>;
}

export const SessionContext = createContext<SignedIn | null>(null);

export function useSession(): SignedIn {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("useSession stands outside of the session gate");
  return session;
}

/** What a session allows; pure. */
export function rights(session: Pick<Schemas["Session"], "account" | "permissions">): Pick<SignedIn, "can" | "mayChange"> {
  const can = (permission: Permission) => session.permissions.includes(permission);
  return { can, mayChange: (owner) => can("admin") || (can("write") && owner === session.account.id) };
}
