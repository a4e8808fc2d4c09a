/** Whether the page was reached with the back button: then what had the focus gets it again. */

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
