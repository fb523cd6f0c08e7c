/** How the page is built: hashed files, compressed beside themselves, a nonce that the server fills in for every answer. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const OUT = "static";
const COMPRESSED_BYTES_MIN = 1024;

function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      const folder = join(OUT, "assets");
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        const data = readFileSync(path);
        if (data.length < COMPRESSED_BYTES_MIN) continue;
        writeFileSync(`${path}.gz`, gzipSync(data, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(data));
      }
    },
  };
}

/** Where the API is while the page is worked on: `MO_API=http://127.0.0.1:8080 npx vite`. */
const peer = process.env["MO_API"];
const proxy = peer ? { "/api": { target: peer, changeOrigin: true }, "/readyz": { target: peer, changeOrigin: true } } : {};

export default defineConfig({
  plugins: [react(), compressed()],
  html: { cspNonce: "{{nonce}}" },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    // a file costs the browser and the server more than its bytes: what every page needs is one script, all styles are one
    cssCodeSplit: false,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "frame", tags: ["$initial"] }] } } },
  },
  server: { proxy },
  preview: { proxy },
  worker: { format: "es" },
  // One world for all files: a DOM is slower to make than all tests are to run. No file mocks a module, and what a file
  // changes of the world it sets itself.
  test: {
    environment: "jsdom",
    pool: "threads",
    isolate: false,
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
  },
} as Parameters<typeof defineConfig>[0]);
