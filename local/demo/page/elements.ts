// The elements of the document, by their ids.

export const find = (id: string): HTMLElement => {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`The page has no ${id}.`)
  return element
}

export const write = (id: string, text: string): void => {
  find(id).textContent = text
}

/** Buttons that the page does not have are left out. */
export const onClick = (id: string, run: () => unknown): void => {
  document.getElementById(id)?.addEventListener('click', run)
}
