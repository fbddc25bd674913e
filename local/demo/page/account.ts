// The head of the page: who is signed in, with which role, and everybody else who could be.
import { find, onClick, write } from './elements.ts'
import { initialsOf, nameOf, type Person, type SignIn } from './people.ts'

export type AccountActions = {
  readonly signIn: (sub: string) => unknown
  readonly changeRole: (role: string) => unknown
  readonly signOut: () => unknown
}

export const createAccount = (actions: AccountActions): ((signIn: SignIn) => void) => {
  onSelect('who', actions.signIn)
  onSelect('role', actions.changeRole)
  onClick('sign-out', actions.signOut)

  return ({ person, people, roles }) => {
    find('welcome').hidden = person !== null
    find('work').hidden = person === null
    find('account').hidden = person === null
    find('people').replaceChildren(...people.map((one) => personButton(one, actions.signIn)))
    if (person === null) return
    write('initials', initialsOf(person))
    const names = people.map((one) => option(nameOf(one), one.sub, one.sub === person.sub))
    find('who').replaceChildren(...names)
    find('role').replaceChildren(...roles.map((role) => option(role, role, role === person.role)))
  }
}

const onSelect = (id: string, run: (value: string) => unknown): void => {
  find(id).addEventListener('change', ({ currentTarget }) => {
    if (currentTarget instanceof HTMLSelectElement) void run(currentTarget.value)
  })
}

const option = (text: string, value: string, isSelected: boolean) =>
  new Option(text, value, false, isSelected)

const personButton = (person: Person, signIn: AccountActions['signIn']): HTMLLIElement => {
  const item = document.createElement('li')
  const button = document.createElement('button')
  const initials = document.createElement('span')
  const about = document.createElement('span')
  const small = document.createElement('small')
  initials.className = 'initials'
  initials.ariaHidden = 'true'
  initials.textContent = initialsOf(person)
  small.textContent = `${person.role}, ${person.region}`
  about.append(nameOf(person), small)
  button.append(initials, about)
  button.dataset['person'] = person.sub
  button.addEventListener('click', () => void signIn(person.sub))
  item.append(button)
  return item
}
