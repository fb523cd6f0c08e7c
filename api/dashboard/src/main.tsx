/** The page's beginning. */
import "antd/dist/reset.css";
import "./frame/shell.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./frame/app";
import { nonceEveryStyle } from "./frame/nonce";

nonceEveryStyle();
const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
