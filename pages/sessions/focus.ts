// Where the keyboard is when what it was on goes away.

/**
 * Runs what may take the focused element away, hide it or switch it off. The focus then goes to the first of what comes next that can
 * have it, not back to the top of the document.
 */
export const keepFocus = (
  change: () => void,
  nextOf: (focused: Element) => () => readonly HTMLElement[],
): void => {
  const focused = document.activeElement
  if (focused === null || focused === document.body) return change()
  const next = nextOf(focused)
  change()
  if (!canHaveFocus(focused)) next().find(canHaveFocus)?.focus()
}

const canHaveFocus = (element: Element): boolean =>
  element.checkVisibility() && !element.matches(':disabled')
