// Whether the user chose to stay signed in: kept for the next load of the page.

const name = 'stay-signed-in'

export const stays = (): boolean => localStorage.getItem(name) === 'true'

/** True: the page has to load again, as its session was made with the other choice. */
export const keepStaying = (choice: boolean): boolean => {
  const isChanged = choice !== stays()
  localStorage.setItem(name, String(choice))
  return isChanged
}
