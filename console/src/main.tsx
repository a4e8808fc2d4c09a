/** Entry of the console. */
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { touched } from './api/call.ts'
import { App } from './app/app.tsx'
import './app/history.ts'
import { findSession, queries } from './app/session.ts'
import './app/styles.ts'
import { startLanguage } from './texts/start.ts'

for (const event of ['pointerdown', 'keydown', 'touchstart', 'wheel'])
  addEventListener(event, touched, { capture: true, passive: true })
touched()

await startLanguage()
void findSession()
const root = document.getElementById('root')
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  )
