/**
 * Whether the page was reached with the back button: then what had the focus gets it again. Loaded with the entry, because a
 * window calls its listeners in the order in which they came, and the router draws at once when it hears of a step back.
 */

let isBack = false
addEventListener('popstate', () => {
  isBack = true
})
// wouter says so when it goes on.
for (const event of ['pushState', 'replaceState'])
  addEventListener(event, () => {
    isBack = false
  })

export function cameBack(): boolean {
  return isBack
}
