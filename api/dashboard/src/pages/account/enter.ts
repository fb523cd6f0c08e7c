/** Entering: what a person or a link gives becomes a session, whose cookie the browser keeps. */
import { api, body, type Schemas } from "../../api/client";

export interface Entering {
  signedIn: (session: Schemas["Session"]) => void;
}

export const enter = (wish: Schemas["SignIn"]) => body(api.POST("/api/v1/session", { body: wish }));
