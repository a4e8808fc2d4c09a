/** Entry of the console. */
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { touched } from './api/call.ts'
import { App } from './app.tsx'
import './history.ts'
import { startLanguage } from './i18n/start.ts'
import { findSession, queries } from './session.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/parts.css'
import './styles/shell.css'
import './styles/pages.css'

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
