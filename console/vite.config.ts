import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const folder = import.meta.dirname

// biome-ignore lint/style/noDefaultExport: Vite reads its configuration from there.
export default defineConfig({
  root: folder,
  base: '/console/',
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    outDir: `${folder}/dist`,
    emptyOutDir: true,
    target: 'es2023',
    // A file is small enough to be asked for; inside another it would be a data: URL, which the
    // policy of the page refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
