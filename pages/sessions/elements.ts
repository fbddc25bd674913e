// The elements of the document, by their ids, and new ones. All that the API says becomes text, never markup.

export const find = (id: string): HTMLElement => {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`The page has no ${id}.`)
  return element
}

export const findButton = (id: string): HTMLButtonElement => {
  const element = find(id)
  if (!(element instanceof HTMLButtonElement)) throw new Error(`${id} is no button.`)
  return element
}

export const findInput = (id: string): HTMLInputElement => {
  const element = find(id)
  if (!(element instanceof HTMLInputElement)) throw new Error(`${id} is no input.`)
  return element
}

export const write = (id: string, text: string): void => {
  find(id).textContent = text
}

export const show = (id: string, isShown: boolean): void => {
  find(id).hidden = !isShown
}

export const onClick = (id: string, run: () => unknown): void =>
  find(id).addEventListener('click', run)

type Parts = {
  readonly text?: string
  readonly title?: string
  readonly className?: string
  readonly children?: readonly HTMLElement[]
}

export const make = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { text, title, className, children = [] }: Parts = {},
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag)
  if (text !== undefined) element.textContent = text
  if (title !== undefined) element.title = title
  if (className !== undefined) element.className = className
  element.append(...children)
  return element
}
