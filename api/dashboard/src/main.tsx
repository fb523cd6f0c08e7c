/** The page's beginning. */
import "antd/dist/reset.css";
import "./frame/shell.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./frame/app";
import { nonceEveryStyle } from "./frame/nonce";
import { queries } from "./frame/queries";
import { router } from "./frame/routes";
import { sessionQuery } from "./frame/session";
import { keptMode, paint } from "./frame/theme";
import { keptLang, speak } from "./words/say";

/** How long nothing is drawn until it is known who is signed in: then the page is drawn at once, not a sign of waiting. */
const NOTHING_MS_MAX = 200;

function draw(): void {
  const root = document.getElementById("root");
  if (root === null) throw new Error("the page has no #root");
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

/** Asks who is signed in, and has what their page needs fetched while the frame around it is drawn. */
async function known(): Promise<void> {
  await queries.prefetchQuery(sessionQuery);
  const session = queries.getQueryData(sessionQuery.queryKey);
  if (session && !session.password_change_needed) router.load().catch(console.error);
}

nonceEveryStyle();
speak(keptLang());
paint(keptMode());
void Promise.race([known(), new Promise((done) => setTimeout(done, NOTHING_MS_MAX))]).then(draw);
