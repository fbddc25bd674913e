// Asks before something that cannot be taken back.
import { find, findButton, onClick, write } from './elements.ts'

export type Question = { readonly title: string; readonly text: string; readonly yes: string }

/** False also for the escape key. The focus goes back to where it was. */
export const createConfirm = (): ((question: Question) => Promise<boolean>) => {
  const dialog = find('confirm')
  if (!(dialog instanceof HTMLDialogElement)) throw new Error('confirm is no dialog.')
  onClick('confirm-no', () => dialog.close('no'))
  onClick('confirm-yes', () => dialog.close('yes'))
  let settle: ((isYes: boolean) => void) | undefined
  const told = () => {
    if (!dialog.open) settle?.(dialog.returnValue === 'yes')
  }
  dialog.addEventListener('close', told)
  return ({ title, text, yes }) => {
    // Who is quick asks again before the dialog has told that it is closed.
    told()
    write('confirm-title', title)
    write('confirm-text', text)
    write('confirm-yes', yes)
    dialog.returnValue = 'no'
    dialog.showModal()
    findButton('confirm-no').focus()
    return new Promise((resolve) => {
      settle = resolve
    })
  }
}
